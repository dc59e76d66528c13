// What of a map is shown and how: groups folded into one node, a neighbourhood,
// filters, and the change since another period. Pure.
import type { Health, Latencies, MapEdge, MapNode, ServiceMap } from '../../api/map';

export interface Graph {
  nodes: ShownNode[];
  edges: ShownEdge[];
}

export interface ShownNode extends MapNode {
  /** How many nodes it stands for, if it is a folded group. */
  members: number;
}

export type ShownEdge = MapEdge;

export const failed = (h: Health): number => h.errors + h.throttles + h.faults;
const folder = (group: string): string => `group:${group}`;
const worst = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.max(a, b));

function add<T extends Health & Latencies>(to: T, h: Health & Latencies): void {
  to.count += h.count;
  to.errors += h.errors;
  to.throttles += h.throttles;
  to.faults += h.faults;
  // Of percentiles only the worst can be told; it is an upper bound.
  to.p50_ms = worst(to.p50_ms, h.p50_ms);
  to.p95_ms = worst(to.p95_ms, h.p95_ms);
  to.p99_ms = worst(to.p99_ms, h.p99_ms);
}

/** Makes one node of each folded group, and one edge of all between the same two. */
export function fold(map: Pick<ServiceMap, 'nodes' | 'edges'>, folded: readonly string[]): Graph {
  const nodes: ShownNode[] = [];
  const at = new Map<string, number>();
  const place = map.nodes.map((n) => {
    const one = n.group !== '' && folded.includes(n.group);
    const key = one ? folder(n.group) : n.id;
    const known = at.get(key);
    if (known !== undefined) {
      nodes[known]!.members++;
      nodes[known]!.root ||= n.root;
      add(nodes[known]!, n);
      return known;
    }
    at.set(key, nodes.length);
    nodes.push({
      ...n,
      members: 1,
      ...(one && { id: key, name: n.group, kind: 'service' as const, type: 'group', slot: 0, inferred: false }),
    });
    return nodes.length - 1;
  });
  const edges = new Map<string, ShownEdge>();
  for (const e of map.edges) {
    const [from, to] = [place[e.from]!, place[e.to]!];
    if (from === to && e.from !== e.to) continue; // inside a folded group
    const key = `${from} ${to} ${e.kind === 'link'}`;
    const same = edges.get(key);
    if (!same) edges.set(key, { ...e, from, to });
    else {
      add(same, e);
      if (e.kind === 'call') same.kind = 'call';
    }
  }
  return { nodes, edges: [...edges.values()] };
}

/** How many hops, up to two, give a neighbourhood that can still be read. */
export function readableHops(g: Graph, around: number, most: number): number {
  return neighbourhood(g, around, 2).size <= most ? 2 : 1;
}

/** The nodes that at most so many edges lead to or from, whichever way. */
export function neighbourhood(g: Graph, around: number, hops: number): Set<number> {
  const near = neighbours(g);
  const seen = new Set([around]);
  let edge = [around];
  for (let h = 0; h < hops; h++) {
    const next: number[] = [];
    for (const i of edge)
      for (const j of near[i]!)
        if (!seen.has(j)) {
          seen.add(j);
          next.push(j);
        }
    edge = next;
  }
  return seen;
}

function neighbours(g: Graph): number[][] {
  const near: number[][] = g.nodes.map(() => []);
  for (const e of g.edges) {
    near[e.from]!.push(e.to);
    near[e.to]!.push(e.from);
  }
  return near;
}

/** Every node on a way through one: all that leads to it, and all that it leads to. */
export function through(g: Graph, i: number): Set<number> {
  const out = new Set([i]);
  for (const [a, b] of [
    ['from', 'to'],
    ['to', 'from'],
  ] as const) {
    const next: number[][] = g.nodes.map(() => []);
    for (const e of g.edges) next[e[a]]!.push(e[b]);
    const seen = new Set([i]);
    const todo = [i];
    while (todo.length > 0) {
      for (const j of next[todo.pop()!]!)
        if (!seen.has(j)) {
          seen.add(j);
          out.add(j);
          todo.push(j);
        }
    }
  }
  return out;
}

/** A graph of some nodes, and of the edges between them. */
export function part(g: Graph, keep: ReadonlySet<number>): Graph {
  const place = new Map<number, number>();
  const nodes = g.nodes.filter((_, i) => {
    if (keep.has(i)) place.set(i, place.size);
    return keep.has(i);
  });
  return {
    nodes,
    edges: g.edges.flatMap((e) => {
      const [from, to] = [place.get(e.from), place.get(e.to)];
      return from === undefined || to === undefined ? [] : [{ ...e, from, to }];
    }),
  };
}

/** Nodes that meet the filters; clients stay with what they call. */
export function filtered(g: Graph, minErrors: number, minRate: number, seconds: number): Set<number> {
  const keep = new Set<number>();
  g.nodes.forEach((n, i) => {
    if (n.kind === 'client') return;
    const share = n.count > 0 ? (100 * failed(n)) / n.count : 0;
    if (share >= minErrors && n.count / seconds >= minRate) keep.add(i);
  });
  for (const e of g.edges) if (g.nodes[e.from]!.kind === 'client' && keep.has(e.to)) keep.add(e.from);
  return keep;
}

/** Where most begin to look: the busiest node that requests begin at, or the busiest of all. */
export function startOf(g: Graph): number {
  let best = -1;
  const better = (a: ShownNode, b: ShownNode): boolean => Number(a.root) - Number(b.root) > 0 || (a.root === b.root && a.count > b.count);
  g.nodes.forEach((n, i) => {
    if (n.kind !== 'client' && (best < 0 || better(n, g.nodes[best]!))) best = i;
  });
  return Math.max(best, 0);
}

/** The node nearest in a direction; from nowhere the busiest. */
export function towards(places: readonly { x: number; y: number }[], from: number, dx: number, dy: number, g: Graph | undefined): number {
  if (from < 0 || !places[from]) return g ? startOf(g) : -1;
  const at = places[from];
  let [best, least] = [from, Infinity];
  places.forEach((p, i) => {
    const [x, y] = [p.x - at.x, p.y - at.y];
    const along = x * dx + y * dy;
    const across = Math.abs(x * dy) + Math.abs(y * dx);
    if (i === from || along <= 1) return;
    const score = along + 2 * across;
    if (score < least) [best, least] = [i, score];
  });
  return best;
}

export interface Change {
  /** From -1 (less) to 1 (more): by the logarithm, four times as much is the end of the scale. */
  share: number;
  words: string;
}

/** How a figure has changed; a hundredth of it is none. */
export function changeOf(now: number | null, before: number | null): Change | undefined {
  if (now === null && before === null) return undefined;
  if (!before) return now ? { share: 1, words: 'new' } : undefined;
  if (!now) return { share: -1, words: 'gone' };
  const ratio = now / before;
  const share = Math.min(Math.max(Math.log(ratio) / Math.log(4), -1), 1);
  const percent = Math.round((ratio - 1) * 100);
  const words =
    percent === 0
      ? 'the same'
      : ratio >= 3
        ? `× ${ratio.toFixed(ratio < 10 ? 1 : 0)}`
        : `${percent > 0 ? '+' : '−'}${Math.abs(percent)}\u2009%`;
  return { share: Math.abs(percent) < 1 ? 0 : share, words };
}

/** Both periods in one graph: what was there only before has no calls now. */
export function joined(
  now: Pick<ServiceMap, 'nodes' | 'edges'>,
  before: Pick<ServiceMap, 'nodes' | 'edges'>,
): Pick<ServiceMap, 'nodes' | 'edges'> {
  const nodes = [...now.nodes];
  const at = new Map(nodes.map((n, i) => [n.id, i]));
  const none = { count: 0, errors: 0, throttles: 0, faults: 0, p50_ms: null, p95_ms: null, p99_ms: null };
  for (const n of before.nodes)
    if (!at.has(n.id)) {
      at.set(n.id, nodes.length);
      nodes.push({ ...n, ...none });
    }
  const known = new Set(now.edges.map((e) => `${now.nodes[e.from]!.id}\0${now.nodes[e.to]!.id}`));
  const gone = before.edges.flatMap((e) => {
    const [a, b] = [before.nodes[e.from]!.id, before.nodes[e.to]!.id];
    return known.has(`${a}\0${b}`) ? [] : [{ ...e, ...none, from: at.get(a)!, to: at.get(b)! }];
  });
  return { nodes, edges: [...now.edges, ...gone] };
}
