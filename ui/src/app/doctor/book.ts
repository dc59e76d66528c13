// What came in and what did not, as the server pushes it.
import { useEffect, useState } from 'react';

import { listen } from '../../api/client';
import type { Dropped, Received, ReceivedKind, Refused } from '../../api/types';
import { momentMs } from '../../time/format';

export interface Book {
  received: Received[];
  refused: Refused[];
  dropped: Dropped[];
}

const empty: Book = { received: [], refused: [], dropped: [] };

/** What makes two entries of a list one and the same at different times. */
export const sourceOf = (r: Received): string => [r.dataset, r.protocol, r.kind].join('\n');
export const refusalOf = (r: Refused): string => [r.protocol, r.method, r.path, r.status, r.key, r.first].join('\n');
export const dropOf = (d: Dropped): string => [d.reason, d.protocol, d.stored].join('\n');

/** The newest first; a new state of an entry replaces the old one. */
export function note<T>(list: readonly T[], entry: T, idOf: (entry: T) => string): T[] {
  const id = idOf(entry);
  return [entry, ...list.filter((x) => idOf(x) !== id)];
}

/** Follows the book. A resumed stream says what has changed; one begun anew says all. */
export function useBook(): { book: Book; connected: boolean } {
  const [book, setBook] = useState(empty);
  const [connected, setConnected] = useState(true);
  useEffect(() => {
    setBook(empty);
    return listen(
      'watch',
      {
        received: (data) => setBook((b) => ({ ...b, received: note(b.received, data as Received, sourceOf) })),
        refused: (data) => setBook((b) => ({ ...b, refused: note(b.refused, data as Refused, refusalOf) })),
        dropped: (data) => setBook((b) => ({ ...b, dropped: note(b.dropped, data as Dropped, dropOf) })),
      },
      setConnected,
    );
  }, []);
  return { book, connected };
}

/** The time, which passes. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

const words: Record<ReceivedKind, [one: string, many: string]> = {
  spans: ['span', 'spans'],
  lines: ['log line', 'log lines'],
  metrics: ['data point', 'data points'],
  events: ['event', 'events'],
  errors: ['error', 'errors'],
  segments: ['segment', 'segments'],
};

/** What so many rows of a kind are called. */
export function wordFor(kind: ReceivedKind, n: number): string {
  return words[kind][n === 1 ? 0 : 1];
}

/** Where the rows of a source can be seen, and what the link says. */
export function linkFor(r: Received): [to: string, text: string] {
  if (r.kind === 'errors' && r.item) return [`/errors/${r.item}`, 'Open the error'];
  if (r.kind === 'lines') return [`/logs?group=${encodeURIComponent(r.dataset)}`, 'Open the lines'];
  if (r.trace_id) return [`/trace/${encodeURIComponent(r.trace_id)}`, 'Open its trace'];
  return [`/query/${encodeURIComponent(r.dataset)}`, 'Ask about them'];
}

/** When something of a kind came last, in ms; 0 for never. */
export function lastOf(received: readonly Received[], kinds: readonly ReceivedKind[]): number {
  return received.filter((r) => kinds.includes(r.kind)).reduce((last, r) => Math.max(last, momentMs(r.at)), 0);
}

export type Step = 'spans' | 'lines' | 'errors' | 'done';

/** What is worth connecting next. */
export function nextStep(received: readonly Received[]): Step | undefined {
  if (received.length === 0) return undefined;
  const has = (...kinds: ReceivedKind[]): boolean => received.some((r) => kinds.includes(r.kind));
  if (!has('spans', 'segments', 'events')) return 'spans';
  if (!has('lines')) return 'lines';
  return has('errors') ? 'done' : 'errors';
}
