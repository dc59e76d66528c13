import { useEffect, useRef, useState } from 'react';

import { ApiError, asApiError, get } from '../../api/client';
import type { ListedTrace, TraceList } from '../../api/types';
import { useLoad } from '../../api/useLoad';
import { append } from './list';
import { query, type TracesState } from './url';

const pageSize = 100;

export interface Listing {
  traces: ListedTrace[];
  base: string;
  more: boolean;
  scanned: number;
  elapsed: number;
  complete: boolean;
  loading: boolean;
  error: ApiError | undefined;
  loadMore: () => void;
}

interface Further {
  key: string;
  traces: ListedTrace[];
  next: string;
  scanned: number;
}

/** The list of traces, page after page. */
export function useTraceList(state: TracesState, run: string): Listing {
  const key = `list ${run} ${state.sort} ${state.order}`;
  const params = { ...query(state), sort: state.sort, order: state.order, limit: String(pageSize) };
  const first = useLoad(key, (signal) => get<TraceList>('traces', params, signal));
  const [further, setFurther] = useState<Further>();
  const [fetching, setFetching] = useState(false);
  const [failed, setFailed] = useState<ApiError>();
  const abort = useRef<AbortController>(undefined);
  useEffect(() => {
    setFurther(undefined);
    setFailed(undefined);
    return () => abort.current?.abort();
  }, [first.data]);
  const added = further?.key === key ? further : undefined;
  const traces = added?.traces ?? first.data?.traces ?? [];
  const next = added?.next ?? first.data?.next ?? '';
  const base = first.data?.base ?? '0';
  const loadMore = (): void => {
    if (fetching || next === '') return;
    const mine = new AbortController();
    abort.current = mine;
    setFetching(true);
    setFailed(undefined);
    get<TraceList>('traces', { ...params, cursor: next }, mine.signal)
      .then(
        (page) =>
          setFurther({
            key,
            traces: append(traces, base, page),
            next: page.next,
            scanned: (added?.scanned ?? first.data?.scanned ?? 0) + page.scanned,
          }),
        (e: unknown) => !mine.signal.aborted && setFailed(asApiError(e)),
      )
      .finally(() => setFetching(false));
  };
  return {
    traces,
    base,
    more: next !== '',
    scanned: added?.scanned ?? first.data?.scanned ?? 0,
    elapsed: first.data?.elapsed_ms ?? 0,
    complete: first.data?.complete ?? true,
    loading: first.loading || fetching,
    error: first.error ?? failed,
    loadMore,
  };
}
