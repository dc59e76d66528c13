import { useMemo } from 'react';

import { get } from '../../api/client';
import type { ServiceMap } from '../../api/map';
import { useLoad, type Loaded } from '../../api/useLoad';
import { resolve } from '../../time/range';
import type { Before } from './drawable';
import { fold, joined, type Graph } from './model';
import { edgeKey } from '../../query/links';
import type { MapState } from './url';

const dayNs = 86_400_000_000_000n;

/** The period that the shown one is compared with. */
function periodBefore(compare: MapState['compare'], from: bigint, to: bigint): [bigint, bigint] {
  const by = compare === 'day' ? dayNs : compare === 'week' ? 7n * dayNs : to - from;
  return [from - by, to - by];
}

export interface MapLoad {
  loaded: Loaded<ServiceMap>;
  /** Of another period, if one is compared with. */
  earlier: Loaded<ServiceMap | undefined>;
  graph: Graph | undefined;
  before: Before | undefined;
  seconds: number;
}

export const secondsOf = (m: Pick<ServiceMap, 'from' | 'to'>): number => Math.max(Number(BigInt(m.to) - BigInt(m.from)) / 1e9, 1);

/** Loads the map and, when two periods are compared, that of the other one. */
export function useMap(state: MapState, env: string, turn: number): MapLoad {
  const { from, to, q, compare } = state;
  const filter = q || undefined;
  const loaded = useLoad(`map ${env} ${from} ${to} ${q} ${turn}`, (signal) => get<ServiceMap>('map', { from, to, q: filter }, signal));
  const earlier = useLoad(`map before ${env} ${from} ${to} ${q} ${compare} ${turn}`, async (signal) => {
    if (!compare) return undefined;
    const [a, b] = resolve({ from, to }, Date.now()).map((t) => BigInt(Math.round(t)) * 1_000_000n) as [bigint, bigint];
    const [start, end] = periodBefore(compare, a, b);
    return get<ServiceMap>('map', { from: String(start), to: String(end), q: filter }, signal);
  });
  const foldedKey = state.folded.join('\0');
  const now = loaded.data;
  const then = compare ? earlier.data : undefined;
  return useMemo(() => {
    const folded = foldedKey === '' ? [] : foldedKey.split('\0');
    const graph = now && fold(then ? joined(now, then) : now, folded);
    const old = then && fold(then, folded);
    const before: Before | undefined = old && {
      nodes: new Map(old.nodes.map((n) => [n.id, n])),
      edges: new Map(old.edges.map((e) => [edgeKey(old, e), e])),
      seconds: secondsOf(then),
    };
    return { loaded, earlier, graph, before, seconds: now ? secondsOf(now) : 1 };
  }, [now, then, foldedKey, loaded, earlier]);
}
