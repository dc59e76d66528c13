import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import { listen } from '../../api/client';
import type { Cell } from '../../query/cell';
import { lineOf, usualFields, type Line } from './lines';
import { TailBuffer } from './tail';

interface TailEvent {
  time: string;
  dataset: string;
  fields: Record<string, Cell>;
}

/** Why nothing is shown at the moment. */
export type Hold = 'hand' | 'scroll' | 'select' | 'open' | 'pointer';
/** Why the tail has ended. */
export type Stopped = 'time' | 'hidden';

export interface Tail {
  buffer: TailBuffer;
  held: Hold | undefined;
  hold: (why: Hold | undefined) => void;
  stopped: Stopped | undefined;
  resume: () => void;
  connected: boolean;
}

const everyMs = 1_000;
const longest = 3 * 3600_000;
const longestHidden = 10 * 60_000;

/** Follows lines as they come in, until it was long enough or nobody looks. */
export function useTail(params: Record<string, string | string[] | undefined>, cols: readonly string[]): Tail {
  const buffer = useMemo(() => new TailBuffer(), []);
  const [held, setHeld] = useState<Hold>();
  const heldNow = useRef<Hold>(undefined);
  const [stopped, setStopped] = useState<Stopped>();
  const [connected, setConnected] = useState(false);
  const [turn, setTurn] = useState(0);
  const hold = useCallback(
    (why: Hold | undefined): void => {
      if (heldNow.current === why) return;
      heldNow.current = why;
      setHeld(why);
      if (!why) buffer.release();
    },
    [buffer],
  );
  const key = JSON.stringify([params, cols]);
  useEffect(() => {
    if (stopped) return;
    const take = (data: unknown): void => {
      const { events, skipped } = data as { events: TailEvent[] | null; skipped: number };
      const lines = (events ?? []).map(lineOfEvent).sort((a, b) => (a.ns < b.ns ? -1 : a.ns > b.ns ? 1 : 0));
      buffer.push(lines, skipped, everyMs / 1000, heldNow.current !== undefined);
    };
    const ask = { ...params, every_ms: String(everyMs), field: [...new Set([...usualFields, '_arrival', ...cols])] };
    return listen('tail', { events: take }, setConnected, ask);
    // The key says all that is asked.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key, stopped, turn, buffer]);
  useEffect(() => {
    if (stopped) return;
    let hidden: ReturnType<typeof setTimeout> | undefined;
    const end = setTimeout(() => setStopped('time'), longest);
    const watch = (): void => {
      clearTimeout(hidden);
      if (document.hidden) hidden = setTimeout(() => setStopped('hidden'), longestHidden);
    };
    document.addEventListener('visibilitychange', watch);
    return () => {
      clearTimeout(end);
      clearTimeout(hidden);
      document.removeEventListener('visibilitychange', watch);
    };
  }, [stopped, turn]);
  return {
    buffer,
    held,
    hold,
    stopped,
    connected,
    resume: () => {
      setStopped(undefined);
      setTurn((n) => n + 1);
      hold(undefined);
    },
  };
}

/** A line as the tail pushes it; its place is made of its time and when it came in. */
function lineOfEvent(e: TailEvent): Line {
  const fields = new Map(Object.entries(e.fields));
  const arrival = fields.get('_arrival');
  fields.delete('_arrival');
  return lineOf(`${e.time}.${String(arrival ?? 0)}.0.0`, e.time, e.dataset, fields);
}
