import { useEffect, useState } from 'react';

import { ApiError, asApiError } from './client';
import { useConnection } from './connection';

export interface Loaded<T> {
  data: T | undefined;
  error: ApiError | undefined;
  loading: boolean;
  /** The server was busy: it is asked again after so many seconds. */
  retryIn: number | undefined;
}

const mostRetries = 5;

/** The wait before another try of what a busy server refused; undefined if it is not worth one. */
export function waitFor(error: ApiError, tries: number): number | undefined {
  if ((error.status !== 429 && error.status !== 503) || tries >= mostRetries) return undefined;
  return Math.min(error.retryAfter ?? 2 ** tries, 30);
}

/** Loads when key changes and aborts what is under way; the last answer stays until the next has come. */
export function useLoad<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<Loaded<T>>({ data: undefined, error: undefined, loading: true, retryIn: undefined });
  const { returns } = useConnection();
  // What failed because the server was away is tried again when it is back.
  const turn = state.error?.status === 0 ? returns : -1;
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const attempt = (tries: number): void => {
      load(abort.signal).then(
        (data) => setState({ data, error: undefined, loading: false, retryIn: undefined }),
        (error: unknown) => {
          if (abort.signal.aborted) return;
          const e = asApiError(error);
          const retryIn = waitFor(e, tries);
          setState((s) => ({ data: s.data, error: e, loading: retryIn !== undefined, retryIn }));
          if (retryIn !== undefined) timer = setTimeout(() => attempt(tries + 1), retryIn * 1000);
        },
      );
    };
    setState((s) => ({ ...s, loading: true }));
    attempt(0);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
    // The key says all that load depends on.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key, turn]);
  return state;
}
