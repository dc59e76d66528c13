import { useCallback, useEffect, useRef, useState } from 'react';

import { ApiError, asApiError, stream, StreamError } from '../../../api/client';
import type { Cell } from '../../../query/cell';
import { mistakeOf, type Mistake } from '../../../query/insights/complete';

export interface Column {
  name: string;
  type: 'any' | 'number' | 'time';
  key: boolean;
}

export interface Answer {
  columns: Column[];
  rows: Cell[][];
  elapsedMs: number;
  scanned: number;
  complete: boolean;
  warnings: string[];
}

export interface Body {
  query: string;
  start_time: number;
  end_time: number;
}

type Line =
  | { type: 'plan'; columns: Column[]; warnings: { message: string }[] | null }
  | { type: 'progress'; share: number; scanned: number; elapsed_ms: number }
  | { type: 'done'; columns: Column[]; rows: Cell[][] | null; elapsed_ms: number; scanned: number; complete: boolean };

export interface Run {
  answer: Answer | undefined;
  share: number;
  running: boolean;
  error: ApiError | undefined;
  mistake: Mistake | undefined;
}

const idle: Run = { answer: undefined, share: 0, running: false, error: undefined, mistake: undefined };

/** Runs a text of RQL when its key changes; an empty key runs nothing. The answer before stays until the next has come. */
export function useRql(key: string, body: Body): Run & { stop: () => void } {
  const [run, setRun] = useState<Run>(idle);
  const abort = useRef<AbortController>(undefined);
  useEffect(() => {
    if (key === '') {
      setRun(idle);
      return;
    }
    const mine = new AbortController();
    abort.current = mine;
    setRun((r) => ({ ...r, running: true, share: 0, error: undefined, mistake: undefined }));
    let warnings: string[] = [];
    const onLine = (line: Line): void => {
      if (mine.signal.aborted) return;
      if (line.type === 'plan') warnings = (line.warnings ?? []).map((w) => w.message);
      else if (line.type === 'progress') setRun((r) => ({ ...r, share: line.share }));
      else
        setRun({
          ...idle,
          answer: {
            columns: line.columns,
            rows: line.rows ?? [],
            elapsedMs: line.elapsed_ms,
            scanned: line.scanned,
            complete: line.complete,
            warnings,
          },
        });
    };
    stream<Line>('errors/rql', body, onLine, mine.signal).catch((e: unknown) => {
      if (mine.signal.aborted) return;
      const error = asApiError(e);
      setRun((r) => ({
        ...r,
        running: false,
        error,
        mistake: e instanceof StreamError && e.range ? mistakeOf(body.query, e.message, e.range) : undefined,
      }));
    });
    return () => mine.abort();
    // The key says all that the body depends on.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);
  const stop = useCallback(() => {
    abort.current?.abort();
    setRun((r) => ({ ...r, running: false }));
  }, []);
  return { ...run, stop };
}
