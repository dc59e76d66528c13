import { useCallback, useEffect, useState } from 'react';

import { asApiError, get, type ApiError } from '../../api/client';
import type { Sketch } from '../../charts/sketch';

export interface PastRun {
  id?: string;
  query: Record<string, unknown>;
  text: string;
  dataset: string;
  at: string;
  elapsed_ms: number;
  rows: number;
  sketch?: Sketch;
  name?: string;
  /** The name of the key that asked. */
  by?: string;
  mine: boolean;
}

export interface HistoryAsk {
  /** Words of the query, its dataset or its name. */
  find: string;
  /** Only what this key, or without keys this browser, has asked. */
  mine: boolean;
  /** A dataset, or all of them together; empty for any. */
  dataset: string;
  /** What this browser calls itself. */
  browser: string;
}

interface Page {
  runs: PastRun[] | null;
  next: string;
}

export interface History {
  runs: PastRun[] | undefined;
  error: ApiError | undefined;
  loading: boolean;
  /** Loads the next page; undefined at the end. */
  more: (() => void) | undefined;
}

const pageSize = 50;

/** What was asked, newest first, a page at a time. It begins anew when what is asked for, or the turn, changes. */
export function useHistory(ask: HistoryAsk, turn: string): History {
  const key = JSON.stringify([ask, turn]);
  const [state, setState] = useState<{ key: string; runs: PastRun[] | undefined; next: string; error: ApiError | undefined }>({
    key: '',
    runs: undefined,
    next: '',
    error: undefined,
  });
  const [cursor, setCursor] = useState<{ key: string; at: string }>({ key, at: '' });
  const at = cursor.key === key ? cursor.at : '';
  useEffect(() => {
    const abort = new AbortController();
    get<Page>(
      'history',
      {
        limit: String(pageSize),
        cursor: at,
        q: ask.find,
        dataset: ask.dataset,
        mine: ask.mine ? '1' : '',
        browser: ask.browser,
      },
      abort.signal,
    ).then(
      (page) => setState((s) => ({ key, runs: [...(at ? (s.runs ?? []) : []), ...(page.runs ?? [])], next: page.next, error: undefined })),
      (e: unknown) => {
        if (!abort.signal.aborted) setState((s) => ({ ...s, key, error: asApiError(e) }));
      },
    );
    return () => abort.abort();
    // The key says all that is asked for.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key, at]);
  const { next } = state;
  const more = useCallback(() => setCursor({ key, at: next }), [key, next]);
  return {
    runs: state.runs,
    error: state.error,
    loading: state.key !== key || (at !== '' && next === at),
    more: state.key === key && next !== '' && state.error === undefined ? more : undefined,
  };
}
