import { useCallback, useEffect, useRef, useState } from 'react';

import { ApiError, asApiError, stream } from '../../api/client';
import type { Answer, Result } from './result';

export interface Progress {
  share: number;
  scanned: number;
  rows: number;
  elapsedMs: number;
}

export interface Run {
  answer: Answer | undefined;
  /** The question that the answer belongs to. */
  answerKey: string;
  error: ApiError | undefined;
  progress: Progress | undefined;
  running: boolean;
  cancelled: boolean;
}

type Line =
  | { type: 'plan'; query?: Record<string, unknown> }
  | { type: 'progress'; share: number; scanned: number; rows: number; elapsed_ms: number }
  | {
      type: 'done';
      result: Result;
      elapsed_ms: number;
      scanned: number;
      sampled: boolean;
      complete: boolean;
      request_id: string;
      result_id?: string;
      not_kept?: string;
    };

const kept = 20;
const fresh = 60_000;
const idle: Run = { answer: undefined, answerKey: '', error: undefined, progress: undefined, running: false, cancelled: false };

/**
 * Runs a question when its key or turn changes. The answer before stays until
 * the next has come; going back to a question shows what it said at once.
 */
export function useRun(key: string, body: unknown, turn: number): Run & { cancel: () => void } {
  const [run, setRun] = useState<Run>(idle);
  const answers = useRef(new Map<string, Answer>());
  const abort = useRef<AbortController>(undefined);
  const lastTurn = useRef(turn);
  useEffect(() => {
    if (key === '') return;
    const again = lastTurn.current !== turn;
    lastTurn.current = turn;
    const known = answers.current.get(key);
    if (known && !again && Date.now() - known.ranAt < fresh) {
      setRun({ ...idle, answer: known, answerKey: key });
      return;
    }
    const mine = new AbortController();
    abort.current = mine;
    setRun((r) => ({
      ...(known ? { ...idle, answer: known, answerKey: key } : r),
      error: undefined,
      progress: undefined,
      running: true,
      cancelled: false,
    }));
    let spec: Record<string, unknown> | undefined;
    const onLine = (line: Line): void => {
      if (mine.signal.aborted) return;
      if (line.type === 'plan') spec = line.query;
      else if (line.type === 'progress')
        setRun((r) => ({
          ...r,
          progress: { share: line.share, scanned: line.scanned, rows: line.rows, elapsedMs: line.elapsed_ms },
        }));
      else if (line.type === 'done') {
        const answer: Answer = {
          result: line.result,
          elapsedMs: line.elapsed_ms,
          scanned: line.scanned,
          sampled: line.sampled,
          complete: line.complete,
          requestId: line.request_id,
          resultId: line.result_id ?? '',
          notKept: line.not_kept ?? '',
          ranAt: Date.now(),
          spec,
        };
        const a = answers.current;
        a.delete(key);
        a.set(key, answer);
        if (a.size > kept) a.delete(a.keys().next().value!);
        setRun({ ...idle, answer, answerKey: key });
      }
    };
    stream<Line>('query', body, onLine, mine.signal).catch((e: unknown) => {
      if (mine.signal.aborted) return;
      const error = asApiError(e);
      setRun((r) => ({ ...r, running: false, progress: undefined, error }));
    });
    return () => mine.abort();
    // The key says all that the body depends on.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key, turn]);
  const cancel = useCallback(() => {
    abort.current?.abort();
    setRun((r) => ({ ...r, running: false, progress: undefined, cancelled: r.running }));
  }, []);
  return { ...run, cancel };
}
