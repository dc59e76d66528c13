// Lays a directed graph out from left to right. Pure, so that a worker can do
// it and tests can look at it.
import { columns, direct, head, tail, type Directed } from './layers';
import { reduceCrossings, type Ranked } from './order';
import { freeNear, heights } from './place';

export const nodeWidth = 168;
export const nodeHeight = 60;
const columnStep = nodeWidth + 92;
const rowStep = nodeHeight + 28;
const bendStep = 18;
/** Bends push nodes apart: a column has only so many for each node that it may take. */
const bendsPerNode = 1;

export interface Spot {
  column: number;
  /** The middle of the node. */
  x: number;
  y: number;
}

export interface LayoutInput {
  ids: readonly string[];
  /** From, to and weight, by index. */
  edges: readonly (readonly [number, number, number])[];
  /** Where nodes stood before: they stay unless their column changed. */
  before: Readonly<Record<string, Spot>>;
  /** Where somebody put nodes. */
  pinned: Readonly<Record<string, { x: number; y: number }>>;
}

export interface Layout {
  spots: Spot[];
  /** By edge: x and y of the points between its ends, from left to right in the layout. */
  bends: number[][];
  /** Edges that lead to the left. */
  back: boolean[];
}

/** Beyond this share of new places the old ones are of no help. */
const mostNew = 0.4;

export function layOut(input: LayoutInput): Layout {
  const n = input.ids.length;
  const old = input.ids.map((id) => input.before[id]);
  const stay = n > 0 && old.filter(Boolean).length >= n * (1 - mostNew);
  const seeds = old.map((s) => (stay ? s?.column : undefined));
  const edges = direct(n, input.edges, seeds);
  const most = Math.max(10, Math.ceil(Math.sqrt(n * 1.9)));
  const column = columns(n, edges, seeds, most);
  const ranked = rank(n, edges, column, most * bendsPerNode);
  const y = stay ? settle(n, edges, column, old) : settleAnew(ranked, n);
  const spots = input.ids.map((id, i): Spot => {
    const pin = input.pinned[id];
    return { column: column[i]!, x: pin?.x ?? column[i]! * columnStep, y: pin?.y ?? y[i]! };
  });
  return { spots, ...route(input, edges, spots, ranked, stay ? undefined : y) };
}

interface WithBends extends Ranked {
  /** Bends of each edge, by column. */
  of: Map<Directed, number[]>;
}

/** Columns of nodes, and of a bend in each column that an edge passes, while there is room for bends. */
function rank(n: number, edges: readonly Directed[], column: Int32Array, mostBends: number): WithBends {
  const last = column.reduce((a, b) => Math.max(a, b), -1);
  const g: WithBends = { columns: Array.from({ length: last + 1 }, () => []), left: [], right: [], of: new Map() };
  for (let i = 0; i < n; i++) {
    g.left.push([]);
    g.right.push([]);
  }
  // Nodes first, in the order in which a walk from the left meets them: what belongs together begins together.
  const out: number[][] = Array.from({ length: n }, () => []);
  for (const e of edges) out[tail(e)]!.push(head(e));
  const seen = new Uint8Array(n);
  const byColumn = Array.from({ length: n }, (_, i) => i).sort((a, b) => column[a]! - column[b]! || a - b);
  for (const start of byColumn) {
    const todo = [start];
    while (todo.length > 0) {
      const v = todo.pop()!;
      if (seen[v]) continue;
      seen[v] = 1;
      g.columns[column[v]!]!.push(v);
      for (let k = out[v]!.length - 1; k >= 0; k--) todo.push(out[v]![k]!);
    }
  }
  const link = (a: number, b: number): void => {
    g.right[a]!.push(b);
    g.left[b]!.push(a);
  };
  const bends = new Int32Array(last + 1);
  for (const e of edges) {
    const [a, b] = [tail(e), head(e)];
    if (bends.subarray(column[a]! + 1, column[b]).some((k) => k >= mostBends)) continue;
    let from = a;
    const own: number[] = [];
    for (let c = column[a]! + 1; c < column[b]!; c++) {
      const bend = g.left.length;
      g.left.push([]);
      g.right.push([]);
      g.columns[c]!.push(bend);
      bends[c]!++;
      link(from, bend);
      own.push(bend);
      from = bend;
    }
    link(from, b);
    g.of.set(e, own);
  }
  return g;
}

function settleAnew(g: WithBends, n: number): Float64Array {
  const size = g.left.length;
  reduceCrossings(g, size > 8_000 ? 6 : size > 2_000 ? 12 : 24);
  return tighten(
    heights(g, n, (v) => (v < n ? rowStep : bendStep), size > 8_000 ? 6 : 12),
    n,
  );
}

/** Takes height out where no column has a node. */
function tighten(y: Float64Array, n: number): Float64Array {
  const sorted = [...y.subarray(0, n)].sort((a, b) => a - b);
  // From each height on, so much is taken out.
  const cuts: [number, number][] = [];
  let out = 0;
  for (let i = 1; i < n; i++) {
    const spare = sorted[i]! - sorted[i - 1]! - rowStep;
    if (spare > 0) cuts.push([sorted[i]!, (out += spare)]);
  }
  const taken = (h: number): number => {
    let [low, high] = [0, cuts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cuts[middle]![0] <= h) low = middle + 1;
      else high = middle;
    }
    // Within an empty strip it is less, so that nothing passes a node.
    const next = cuts[low];
    const before = low > 0 ? cuts[low - 1]![1] : 0;
    return next ? Math.max(before, next[1] - (next[0] - h)) : before;
  };
  return y.map((h) => h - taken(h));
}

/** Nodes that stay in their column stay where they are; the others take the free place nearest to their neighbours. */
function settle(n: number, edges: readonly Directed[], column: Int32Array, old: readonly (Spot | undefined)[]): Float64Array {
  const y = new Float64Array(n);
  const done = new Uint8Array(n);
  const taken: number[][] = [];
  const take = (i: number, at: number): void => {
    y[i] = at;
    done[i] = 1;
    (taken[column[i]!] ??= []).push(at);
  };
  for (let i = 0; i < n; i++) if (old[i] && old[i]!.column === column[i]) take(i, old[i]!.y);
  const near: number[][] = Array.from({ length: n }, () => []);
  for (const e of edges) {
    near[e.from]!.push(e.to);
    near[e.to]!.push(e.from);
  }
  const late = Array.from({ length: n }, (_, i) => i).filter((i) => !done[i]);
  for (const i of late.sort((a, b) => column[a]! - column[b]! || a - b)) {
    const known = near[i]!.filter((j) => done[j]);
    const wish = known.length > 0 ? known.reduce((s, j) => s + y[j]!, 0) / known.length : (old[i]?.y ?? 0);
    take(i, freeNear(taken[column[i]!] ?? [], wish, rowStep));
  }
  return y;
}

/** Long edges pass each column between two of its nodes. */
function route(
  input: LayoutInput,
  edges: readonly Directed[],
  spots: readonly Spot[],
  g: WithBends,
  y: Float64Array | undefined,
): { bends: number[][]; back: boolean[] } {
  const nodes: number[][] = [];
  for (const s of spots) (nodes[s.column] ??= []).push(s.y);
  const byEnds = new Map<string, [number[], boolean]>();
  for (const e of edges) {
    const [a, b] = [spots[tail(e)]!, spots[head(e)]!];
    const points: number[] = [];
    const own = g.of.get(e);
    for (let c = a.column + 1; c < b.column; c++) {
      const line = a.y + ((b.y - a.y) * (c - a.column)) / (b.column - a.column);
      const wish = y && own ? y[own[c - a.column - 1]!]! : line;
      points.push(c * columnStep, freeNear(nodes[c] ?? [], wish, nodeHeight / 2 + 10));
    }
    byEnds.set(`${e.from} ${e.to}`, [points, e.back]);
  }
  const found = input.edges.map(([a, b]) => byEnds.get(`${a} ${b}`));
  return { bends: found.map((f) => f?.[0] ?? []), back: found.map((f) => f?.[1] ?? false) };
}
