import { get } from '../../api/client';
import type { MapDetail, MapEdge } from '../../api/map';
import { useLoad, type Loaded } from '../../api/useLoad';

interface Range {
  from: string;
  to: string;
  /** Only of the traces that meet it. */
  q: string;
}

/** One node over time, as it served. */
export function useNode(id: string, { from, to, q }: Range): Loaded<MapDetail | undefined> {
  return useLoad(`map node ${id} ${from} ${to} ${q}`, async (signal) =>
    id ? get<MapDetail>('map/node', { id, from, to, q: q || undefined }, signal) : undefined,
  );
}

/** One edge over time, as it was called; of links, how long what was left was waiting. */
export function useEdge(fromId: string, toId: string, kind: MapEdge['kind'], { from, to, q }: Range): Loaded<MapDetail> {
  const link = kind === 'link' ? 'link' : undefined;
  return useLoad(`map edge ${fromId} ${toId} ${link} ${from} ${to} ${q}`, (signal) =>
    get<MapDetail>('map/edge', { from_id: fromId, to_id: toId, kind: link, from, to, q: q || undefined }, signal),
  );
}

/** What the callee took itself, where that is looked for in traces: it comes after the rest. */
export function useServed(fromId: string, toId: string, wanted: boolean, { from, to }: Range): MapDetail['served'] {
  return useLoad(`map edge served ${wanted} ${fromId} ${toId} ${from} ${to}`, async (signal) =>
    wanted ? get<MapDetail>('map/edge', { from_id: fromId, to_id: toId, served: '1', from, to }, signal) : undefined,
  ).data?.served;
}
