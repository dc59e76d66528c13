// Addresses of pages that several pages lead to.
import type { MapEdge, MapNode } from '../api/map';

/** Nodes that an edge of the map leads from and to; of links between traces if it says so. */
export type EdgeEnds = [string, string] | [string, string, 'link'];

type Graph = { nodes: readonly Pick<MapNode, 'id'>[] };

/** Both ends of an edge, as an address names it; one of links between traces is another than the one of calls. */
export function endsOf(g: Graph, e: Pick<MapEdge, 'from' | 'to' | 'kind'>): EdgeEnds {
  const [from, to] = [g.nodes[e.from]!.id, g.nodes[e.to]!.id];
  return e.kind === 'link' ? [from, to, 'link'] : [from, to];
}

export const edgeKey = (g: Graph, e: Pick<MapEdge, 'from' | 'to' | 'kind'>): string => endsOf(g, e).join('\0');

/** The page of a service, in the range that is shown. */
export function servicePage(name: string, range: { from: string; to: string }): string {
  return `/service/${encodeURIComponent(name)}?${new URLSearchParams({ from: range.from, to: range.to }).toString()}`;
}

/** The errors whose occurrences have a value in a field that the search of the Errors page knows: service, trace_id … */
export function errorsWith(field: string, value: string): string {
  return `/errors?${new URLSearchParams({ tab: 'all', q: `${field}:"${value.replace(/["\\]/g, '\\$&')}"` }).toString()}`;
}

/** The Query page with a part of the events compared with the rest of them. */
export function bubbleUp(where: string, selection: string, range: { from: string; to: string }): string {
  const p = new URLSearchParams({ where, sel: selection, bubble: '1', from: range.from, to: range.to });
  for (const calc of ['COUNT', 'HEATMAP(duration_ms)']) p.append('calc', calc);
  return `/query/__all__?${p.toString()}`;
}
