import { useRef, useState } from 'react';

import { ApiError, stream } from '../../api/client';
import type { TraceAnalytics } from '../../api/map';
import { useLoad, type Loaded } from '../../api/useLoad';

/** How far the server is with a set of traces. */
export interface Reached {
  share: number;
  /** Traces of the range, about. */
  traces: number;
}

type Line = { type: 'progress'; share: number; rows: number } | ({ type: 'done' } & TraceAnalytics);

/** Asks for the sums of traces and tells how far the server is until they come. */
export function analyse(body: object, tell: (reached: Reached) => void, signal?: AbortSignal): Promise<TraceAnalytics> {
  return stream<Line>(
    'traces/analytics',
    { ...body, progress: true },
    (line) => {
      if (line.type === 'progress') tell({ share: line.share, traces: line.rows });
    },
    signal,
  );
}

/** The sums of traces that a body asks for, undefined for none; cancel stops the server's work, too. */
export function useAnalytics(
  key: string,
  body: object | undefined,
): Loaded<TraceAnalytics | undefined> & { reached: Reached | undefined; cancel: () => void } {
  const [reached, setReached] = useState<Reached>();
  const running = useRef<AbortController>(undefined);
  const loaded = useLoad(key, async (signal) => {
    if (!body) return undefined;
    const mine = new AbortController();
    signal.addEventListener('abort', () => mine.abort());
    running.current = mine;
    try {
      return await analyse(body, (r) => !mine.signal.aborted && setReached(r), mine.signal);
    } catch (e) {
      if (mine.signal.aborted && !signal.aborted) throw new ApiError(200, 'canceled', 'Stopped. Refresh looks at the traces again');
      throw e;
    } finally {
      if (running.current === mine) setReached(undefined);
    }
  });
  return { ...loaded, reached, cancel: () => running.current?.abort() };
}
