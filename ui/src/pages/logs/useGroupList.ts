import { useEffect, useState } from 'react';

import { logs, type LogGroup } from '../../api/aws';
import { ApiError, asApiError, stream } from '../../api/client';
import { useLoad } from '../../api/useLoad';
import type { Cell } from '../../query/cell';

export interface GroupList {
  groups: LogGroup[];
  regions: string[];
  /** There are more than are listed. */
  more: boolean;
  error: ApiError | undefined;
  loading: boolean;
}

const most = 2_000;
const begin: GroupList = { groups: [], regions: [], more: false, error: undefined, loading: true };

/** All groups of a region whose names hold a text, page after page. */
export function useGroupList(region: string, pattern: string, env: string, turn: number): GroupList {
  const [state, setState] = useState<GroupList>(begin);
  useEffect(() => {
    const abort = new AbortController();
    const read = async (): Promise<void> => {
      let nextToken: string | undefined;
      let groups: LogGroup[] = [];
      do {
        const input = { limit: 50, ...(pattern && { logGroupNamePattern: pattern }), ...(nextToken && { nextToken }) };
        const { answer, regions } = await logs<{ logGroups?: LogGroup[]; nextToken?: string }>(
          'DescribeLogGroups',
          input,
          region,
          abort.signal,
        );
        groups = [...groups, ...(answer.logGroups ?? [])];
        nextToken = answer.nextToken;
        setState({
          groups,
          regions,
          more: nextToken !== undefined,
          error: undefined,
          loading: nextToken !== undefined && groups.length < most,
        });
      } while (nextToken !== undefined && groups.length < most);
    };
    setState((s) => ({ ...s, loading: true }));
    read().catch((e: unknown) => {
      if (abort.signal.aborted) return;
      setState((s) => ({
        ...s,
        loading: false,
        error: asApiError(e),
      }));
    });
    return () => abort.abort();
  }, [region, pattern, env, turn]);
  return state;
}

interface Done {
  type: 'done';
  result: { series?: { groups: { key: Cell[]; values: Record<string, (number | null)[]> }[] } };
}

/** Lines by minute over the last hour, by group, and by service where lines have no group. */
export function useRates(env: string, turn: number): ReadonlyMap<string, number[]> {
  const { data } = useLoad(`rates ${env} ${turn}`, async (signal) => {
    const out = new Map<string, number[]>();
    const read = async (text: string): Promise<void> => {
      const { result } = await stream<Done>('query', { dataset: '__all__', text, series: true, quiet: true }, () => undefined, signal);
      for (const g of result.series?.groups ?? [])
        out.set(
          String(g.key[0]),
          (g.values.COUNT ?? []).map((v) => v ?? 0),
        );
    };
    await read(
      'VISUALIZE COUNT WHERE meta.signal_type = "log" AND log.group does-not-exist GROUP BY service.name LIMIT 1000 GRANULARITY 60s LAST 1h',
    );
    await read('VISUALIZE COUNT WHERE meta.signal_type = "log" AND log.group exists GROUP BY log.group LIMIT 1000 GRANULARITY 60s LAST 1h');
    return out;
  });
  return data ?? none;
}

const none: ReadonlyMap<string, number[]> = new Map();
