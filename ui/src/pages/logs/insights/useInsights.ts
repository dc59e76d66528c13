import { useCallback, useEffect, useRef, useState } from 'react';

import { ApiError, asApiError, stream, StreamError } from '../../../api/client';
import { mistakeOf, type Mistake } from '../../../query/insights/complete';
import type { Answer, Column, Statistics } from './answer';

export interface Progress {
  share: number;
  scanned: number;
  elapsedMs: number;
}

export interface Run {
  answer: Answer | undefined;
  /** The question that the answer belongs to. */
  answerKey: string;
  progress: Progress | undefined;
  running: boolean;
  stopped: boolean;
  error: ApiError | undefined;
  /** Where in the text that was sent the error is. */
  mistake: Mistake | undefined;
}

export interface Body {
  query: string;
  datasets: string[];
  start_time: number;
  end_time: number;
}

type Line =
  | { type: 'plan'; columns: Column[]; raw: boolean; groups: { dataset: string; name: string }[]; start: string; end: string }
  | { type: 'progress'; share: number; scanned: number; elapsed_ms: number }
  | { type: 'partial'; rows: (string | null)[][] | null; pointers?: [string, string, string][]; more: boolean }
  | {
      type: 'done';
      columns: Column[];
      rows: (string | null)[][] | null;
      pointers?: [string, string, string][];
      statistics: Statistics;
      elapsed_ms: number;
      complete: boolean;
      request_id: string;
    };

const idle: Run = {
  answer: undefined,
  answerKey: '',
  progress: undefined,
  running: false,
  stopped: false,
  error: undefined,
  mistake: undefined,
};

async function ask(body: Body, signal: AbortSignal, tell: (p: Progress) => void, soFar: (a: Answer) => void): Promise<Answer> {
  let plan: Extract<Line, { type: 'plan' }> | undefined;
  const planned = (): Pick<Answer, 'raw' | 'groups' | 'start' | 'end' | 'ranAt'> => ({
    raw: plan?.raw ?? false,
    groups: plan?.groups ?? [],
    start: plan?.start ?? '0',
    end: plan?.end ?? '0',
    ranAt: Date.now(),
  });
  const done = await stream<Line>(
    'insights',
    body,
    (line) => {
      if (line.type === 'plan') plan = line;
      else if (line.type === 'progress') tell({ share: line.share, scanned: line.scanned, elapsedMs: line.elapsed_ms });
      else if (line.type === 'partial')
        soFar({
          ...planned(),
          columns: plan?.columns ?? [],
          rows: line.rows ?? [],
          pointers: line.pointers ?? [],
          statistics: { matched: 0, scanned: 0, bytes: 0, groups: plan?.groups.length ?? 0 },
          elapsedMs: 0,
          complete: true,
          soFar: true,
          requestId: '',
        });
    },
    signal,
  );
  return {
    ...planned(),
    columns: done.columns,
    rows: done.rows ?? [],
    pointers: done.pointers ?? [],
    statistics: done.statistics,
    elapsedMs: done.elapsed_ms,
    complete: done.complete,
    soFar: false,
    requestId: done.request_id,
  };
}

/**
 * Runs a query when its key or turn changes; an empty key runs nothing. The answer before stays until the next has come,
 * or the first rows of it.
 */
export function useInsights(key: string, body: Body | undefined, turn: number): Run & { stop: () => void } {
  const [run, setRun] = useState<Run>(idle);
  const abort = useRef<AbortController>(undefined);
  useEffect(() => {
    if (key === '' || !body) {
      setRun(idle);
      return;
    }
    const mine = new AbortController();
    abort.current = mine;
    setRun((r) => ({ ...r, error: undefined, mistake: undefined, progress: undefined, running: true, stopped: false }));
    ask(
      body,
      mine.signal,
      (progress) => setRun((r) => (mine.signal.aborted ? r : { ...r, progress })),
      (answer) => setRun((r) => (mine.signal.aborted ? r : { ...r, answer, answerKey: key })),
    ).then(
      (answer) => setRun({ ...idle, answer, answerKey: key }),
      (e: unknown) => {
        if (mine.signal.aborted) return;
        const error = asApiError(e);
        const mistake = e instanceof StreamError && e.range ? mistakeOf(body.query, e.message, e.range) : undefined;
        setRun((r) => ({ ...r, running: false, progress: undefined, error, mistake }));
      },
    );
    return () => mine.abort();
    // The key says all that the body depends on.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key, turn]);
  const stop = useCallback(() => {
    abort.current?.abort();
    setRun((r) => ({ ...r, running: false, progress: undefined, stopped: r.running }));
  }, []);
  return { ...run, stop };
}
