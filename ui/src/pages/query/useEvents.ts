import { useCallback, useEffect, useRef, useState } from 'react';

import { post, whyOf } from '../../api/client';
import type { Cell } from '../../query/cell';
import type { Table } from '../../query/table';

interface Page {
  base: string;
  columns: string[];
  rows: Cell[][];
  times: number[];
  datasets: string[];
  /** None where the question asks about other spans. */
  ids?: string[];
  next: string;
}

export interface RawEvent {
  base: string;
  time: number;
  dataset: string;
  /** Stays the same, whatever is asked; empty if it has none. */
  id: string;
  fields: Map<string, Cell>;
}

export interface Events {
  list: RawEvent[];
  /** Names of all fields seen so far. */
  columns: string[];
  more: boolean;
  loading: boolean;
  error: string;
  loadMore: () => void;
}

const size = 200;

function eventsOf(p: Page): RawEvent[] {
  return p.rows.map((row, i) => {
    const fields = new Map<string, Cell>();
    p.columns.forEach((c, k) => {
      const v = row[k] ?? null;
      if (v !== null) fields.set(c, v);
    });
    return { base: p.base, time: p.times[i]!, dataset: p.datasets[i] ?? '', id: p.ids?.[i] ?? '', fields };
  });
}

/** Single events, page after page as they are scrolled to. */
export function useEvents(key: string, body: unknown, order: 'asc' | 'desc'): Events {
  const [state, setState] = useState({ list: [] as RawEvent[], columns: [] as string[], next: '', loading: true, error: '' });
  const abort = useRef<AbortController>(undefined);
  const load = useCallback(
    (cursor: string): void => {
      abort.current?.abort();
      const mine = new AbortController();
      abort.current = mine;
      setState((s) => ({ ...(cursor === '' ? { list: [], columns: [], next: '' } : s), loading: true, error: '' }));
      post<Page>('events', { ...(body as object), order, limit: size, ...(cursor && { cursor }) }, mine.signal).then(
        (p) =>
          setState((s) => ({
            list: cursor === '' ? eventsOf(p) : [...s.list, ...eventsOf(p)],
            columns: [...new Set([...(cursor === '' ? [] : s.columns), ...p.columns])],
            next: p.next,
            loading: false,
            error: '',
          })),
        (e: unknown) => {
          if (mine.signal.aborted) return;
          setState((s) => ({ ...s, loading: false, next: '', error: whyOf(e) }));
        },
      );
    },
    // The key says all that the body depends on.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [key, order],
  );
  useEffect(() => {
    load('');
    return () => abort.current?.abort();
  }, [load]);
  const { next, loading } = state;
  const loadMore = useCallback(() => {
    if (next !== '' && !loading) load(next);
  }, [next, loading, load]);
  return { ...state, more: next !== '', loadMore };
}

/** An event by its id: one of those that are there, or else it is asked for. */
export function useEvent(id: string, events: Events, body: unknown): RawEvent | undefined {
  const [found, setFound] = useState<RawEvent>();
  const there = id === '' ? undefined : events.list.find((e) => e.id === id);
  const ask = id !== '' && !there && !events.loading;
  useEffect(() => {
    if (!ask) return;
    const abort = new AbortController();
    post<Page & { at?: number }>('events', { ...(body as object), around: id, limit: 3 }, abort.signal).then(
      (p) => setFound(p.at === undefined ? undefined : eventsOf(p)[p.at]),
      () => undefined, // it is not one of the question's
    );
    return () => abort.abort();
    // The event has its own id, whatever is asked.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [ask, id]);
  return there ?? (found?.id === id && id !== '' ? found : undefined);
}

/** Events as a table with their time, for a file. */
export function tableOf(list: readonly RawEvent[], columns: readonly string[]): Table {
  return {
    columns: ['time', 'dataset', ...columns],
    rows: list.map((e) => [String(BigInt(e.base) + BigInt(e.time)), e.dataset, ...columns.map((c) => e.fields.get(c) ?? null)]),
  };
}
