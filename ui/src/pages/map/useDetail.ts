import { get } from '../../api/client';
import type { MapDetail } from '../../api/map';
import { useLoad, type Loaded } from '../../api/useLoad';

interface Range {
  from: string;
  to: string;
}

/** One node over time, as it served. */
export function useNode(id: string, { from, to }: Range): Loaded<MapDetail | undefined> {
  return useLoad(`map node ${id} ${from} ${to}`, async (signal) => (id ? get<MapDetail>('map/node', { id, from, to }, signal) : undefined));
}

/** One edge over time, as it was called. */
export function useEdge(fromId: string, toId: string, { from, to }: Range): Loaded<MapDetail> {
  return useLoad(`map edge ${fromId} ${toId} ${from} ${to}`, (signal) =>
    get<MapDetail>('map/edge', { from_id: fromId, to_id: toId, from, to }, signal),
  );
}
