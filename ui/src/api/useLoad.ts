import { useEffect, useState } from 'react';

import { ApiError } from './client';

export interface Loaded<T> {
  data: T | undefined;
  error: ApiError | undefined;
  loading: boolean;
}

/** Loads when key changes and aborts what is under way; the last answer stays until the next has come. */
export function useLoad<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<Loaded<T>>({ data: undefined, error: undefined, loading: true });
  useEffect(() => {
    const abort = new AbortController();
    setState((s) => ({ ...s, loading: true }));
    load(abort.signal).then(
      (data) => setState({ data, error: undefined, loading: false }),
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const e = error instanceof ApiError ? error : new ApiError(0, 'unavailable', 'the server can’t be reached');
        setState((s) => ({ data: s.data, error: e, loading: false }));
      },
    );
    return () => abort.abort();
    // The key says all that load depends on.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);
  return state;
}
