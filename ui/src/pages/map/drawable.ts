// Nodes and edges of the map as the drawing takes them.
import { ms, percent, perSecond } from '../../charts/figures';
import type { GraphEdge, GraphNode } from '../../charts/graph/scene';
import { edgeKey } from '../../query/links';
import { changeOf, failed, type Graph, type ShownNode } from './model';
import type { MapState } from './url';

/** What a comparison looks at. */
export type Metric = 'rate' | 'errors' | 'p95';

export interface Before {
  nodes: ReadonlyMap<string, ShownNode>;
  edges: ReadonlyMap<string, { count: number }>;
  seconds: number;
}

/** From so many percent on, errors are red. */
const alarmingFrom = 1;

export function nodesOf(g: Graph, seconds: number, size: MapState['size'], before: Before | undefined, metric: Metric): GraphNode[] {
  const weight = (n: ShownNode): number => (size === 'traffic' ? n.count : failed(n));
  const most = g.nodes.reduce((m, n) => Math.max(m, weight(n)), 0);
  return g.nodes.map((n): GraphNode => {
    const share = n.count > 0 ? (100 * failed(n)) / n.count : 0;
    return {
      id: n.id,
      name: n.members > 1 ? `${n.name} (${n.members})` : n.name,
      kind: n.kind,
      slot: n.slot,
      inferred: n.inferred,
      health: n.count > 0 ? { faults: n.faults / n.count, throttles: n.throttles / n.count, errors: n.errors / n.count } : undefined,
      rate: n.count > 0 ? perSecond(n.count, seconds) : n.kind === 'client' ? 'clients' : 'no calls',
      failing: n.count > 0 && failed(n) > 0 ? percent(failed(n), n.count) : '',
      alarming: share >= alarmingFrom,
      latency: n.p95_ms === null ? '' : `p95 ${ms(n.p95_ms)}`,
      size: size === 'none' || most === 0 ? 1 : 0.78 + (0.5 * Math.log1p(weight(n))) / Math.log1p(most),
      change: before && n.kind !== 'client' ? changeOf(figure(n, metric, seconds), figureBefore(before, n.id, metric)) : undefined,
    };
  });
}

function figure(n: ShownNode, metric: Metric, seconds: number): number | null {
  if (metric === 'rate') return n.count / seconds;
  if (metric === 'errors') return n.count > 0 ? failed(n) / n.count : null;
  return n.p95_ms;
}

function figureBefore(b: Before, id: string, metric: Metric): number | null {
  const n = b.nodes.get(id);
  return n ? figure(n, metric, b.seconds) : null;
}

export function edgesOf(g: Graph, seconds: number, before: Before | undefined): GraphEdge[] {
  const rates = g.edges.map((e) => e.count / seconds).filter((r) => r > 0);
  const [low, high] = [rates.reduce((a, b) => Math.min(a, b), Infinity), rates.reduce((a, b) => Math.max(a, b), 0)];
  return g.edges.map((e): GraphEdge => {
    const rate = e.count / seconds;
    const part = rate > 0 && high > low ? Math.log(rate / low) / Math.log(high / low) : 0.2;
    return {
      from: e.from,
      to: e.to,
      width: 1 + 3.5 * part,
      faults: e.count > 0 ? e.faults / e.count : 0,
      dashed: e.kind !== 'call',
      label: [perSecond(e.count, seconds), e.p95_ms === null ? '' : `p95 ${ms(e.p95_ms)}`, failed(e) > 0 ? percent(failed(e), e.count) : '']
        .filter(Boolean)
        .join(' · '),
      change: before ? (changeOf(rate, (before.edges.get(edgeKey(g, e))?.count ?? 0) / before.seconds)?.share ?? 0) : undefined,
    };
  });
}
