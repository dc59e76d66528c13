import { useEffect, useState } from 'react';

import { ApiError, asApiError, stream } from '../../api/client';
import type { FieldDifference, Sides } from './bubble';

export interface Difference {
  fields: FieldDifference[];
  totals: Sides;
  leftOut: number;
  share: number;
  done: boolean;
  elapsedMs: number;
  scanned: number;
  error: ApiError | undefined;
}

type Line =
  | { type: 'plan' }
  | { type: 'progress'; share: number; elapsed_ms: number }
  | {
      type: 'fields' | 'done';
      selection: number;
      baseline: number;
      fields: FieldDifference[];
      left_out?: number;
      elapsed_ms?: number;
      scanned?: number;
    };

const begin: Difference = {
  fields: [],
  totals: { selection: 0, baseline: 0 },
  leftOut: 0,
  share: 0,
  done: false,
  elapsedMs: 0,
  scanned: 0,
  error: undefined,
};

/** Asks for fields, which get better while they stream; an empty key asks nothing. */
export function useDifference(path: 'bubbleup' | 'explore', key: string, body: unknown): Difference {
  const [state, setState] = useState<Difference>(begin);
  useEffect(() => {
    setState(begin);
    if (key === '') return;
    const abort = new AbortController();
    const onLine = (line: Line): void => {
      if (abort.signal.aborted) return;
      if (line.type === 'progress') setState((s) => ({ ...s, share: line.share, elapsedMs: line.elapsed_ms }));
      else if (line.type !== 'plan')
        setState((s) => ({
          ...s,
          fields: line.fields,
          totals: { selection: line.selection, baseline: line.baseline },
          leftOut: line.left_out ?? 0,
          done: line.type === 'done',
          share: line.type === 'done' ? 1 : s.share,
          elapsedMs: line.elapsed_ms ?? s.elapsedMs,
          scanned: line.scanned ?? s.scanned,
        }));
    };
    stream<Line>(path, body, onLine, abort.signal).catch((e: unknown) => {
      if (abort.signal.aborted) return;
      const error = asApiError(e);
      setState((s) => ({ ...s, error, done: true }));
    });
    return () => abort.abort();
    // The key says all that the body depends on.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [path, key]);
  return state;
}
