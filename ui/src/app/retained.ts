// How far back there are events, for what shows times.
import { createContext, useContext } from 'react';

import { momentMs } from '../time/format';
import { lengthWords } from '../time/range';

export interface Retained {
  /** When this was true, ms. */
  at: number;
  /** From when on events are kept; undefined where they are for ever, or nothing is known. */
  from: number | undefined;
  /** The time of the oldest event there is. */
  first: number | undefined;
}

/** What the server says of an environment or of a dataset, whose texts are empty where there is nothing to say. */
export function retainedOf(said: { kept_from?: string; first?: string }, at: number): Retained {
  const ms = (text: string | undefined): number | undefined => (text ? momentMs(text) : undefined);
  return { at, from: ms(said.kept_from), first: ms(said.first) };
}

/** From when on events were kept at another moment: it moves with the time. */
export function keptAt(r: Retained, at: number): number | undefined {
  return r.from === undefined ? undefined : r.from + (at - r.at);
}

/** How long events are kept, in words; empty where it is for ever. */
export function keptWords(r: Retained): string {
  if (r.from === undefined) return '';
  const seconds = (r.at - r.from) / 1000;
  const unit = seconds > 2 * 86400 ? 3600 : 60; // the clocks of two machines differ
  return lengthWords(Math.max(Math.round(seconds / unit), 1) * unit);
}

/** Whether a range begins before what is kept at a moment; the last minute is not worth a word. */
export function beginsBefore(r: Retained, from: number, at: number): boolean {
  const edge = keptAt(r, at);
  return edge !== undefined && from < edge - 60_000;
}

const Context = createContext<Retained>({ at: 0, from: undefined, first: undefined });

export const RetainedProvider = Context.Provider;

export function useRetained(): Retained {
  return useContext(Context);
}
