import { useEffect, useState } from 'react';

import { ApiError, asApiError, stream } from '../../../api/client';
import { asked, type Look } from '../data';
import type { Pattern } from './patterns';

export interface Found {
  base: string;
  patterns: Pattern[];
  /** All that there are, and the lines that were looked at. */
  found: number;
  events: number;
  before: number;
  scanned: number;
  elapsedMs: number;
  complete: boolean;
}

export interface Patterns {
  data: Found | undefined;
  share: number;
  running: boolean;
  error: ApiError | undefined;
}

type Line =
  | { type: 'plan' }
  | { type: 'progress'; share: number }
  | {
      type: 'done';
      base: string;
      patterns: Pattern[] | null;
      found: number;
      events: number;
      before: number;
      scanned: number;
      elapsed_ms: number;
      complete: boolean;
    };

const buckets = 48;
const most = 500;

/** Templates of the lines of a look, beside those of the period before. */
export function usePatterns(look: Look): Patterns {
  const [state, setState] = useState<Patterns>({ data: undefined, share: 0, running: true, error: undefined });
  useEffect(() => {
    const abort = new AbortController();
    setState((s) => ({ ...s, share: 0, running: true, error: undefined }));
    const onLine = (line: Line): void => {
      if (line.type === 'progress') setState((s) => ({ ...s, share: line.share }));
      else if (line.type === 'done') {
        const { base, found, events, before, scanned, complete } = line;
        const data = { base, patterns: line.patterns ?? [], found, events, before, scanned, elapsedMs: line.elapsed_ms, complete };
        setState({ data, share: 1, running: false, error: undefined });
      }
    };
    stream<Line>('logs/patterns', { ...asked(look, look.where), compare: 'previous', buckets, limit: most }, onLine, abort.signal).catch(
      (e: unknown) => {
        if (abort.signal.aborted) return;
        const error = asApiError(e);
        setState((s) => ({ ...s, running: false, error }));
      },
    );
    return () => abort.abort();
    // The key says all that the look is about.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [look.key]);
  return state;
}
