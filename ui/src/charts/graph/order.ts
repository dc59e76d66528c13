// The order of nodes within their columns, with few crossings of edges.

/** Columns of node numbers, and for each node its neighbours to the left and to the right. */
export interface Ranked {
  columns: number[][];
  left: number[][];
  right: number[][];
}

/** Sorts each column by where the neighbours lie, to and fro, and keeps the order with the fewest crossings. */
export function reduceCrossings(g: Ranked, rounds: number): void {
  const at = new Float64Array(g.left.length);
  const number = (column: readonly number[]): void => column.forEach((v, i) => (at[v] = i));
  g.columns.forEach(number);
  let best = g.columns.map((c) => [...c]);
  let fewest = crossings(g, at);
  let idle = 0;
  for (let r = 0; r < rounds && fewest > 0 && idle < 4; r++) {
    const toRight = r % 2 === 0;
    const order = toRight ? g.columns : [...g.columns].reverse();
    for (const column of order) {
      const near = toRight ? g.left : g.right;
      // Those without neighbours on this side stay where they are.
      const middle = new Map(column.map((v, i) => [v, mean(near[v]!, at) ?? i]));
      column.sort((a, b) => middle.get(a)! - middle.get(b)! || at[a]! - at[b]!);
      number(column);
    }
    const now = crossings(g, at);
    idle++;
    if (now < fewest) {
      fewest = now;
      best = g.columns.map((c) => [...c]);
      idle = 0;
    }
  }
  g.columns.forEach((c, i) => c.splice(0, c.length, ...best[i]!));
}

function mean(list: readonly number[], at: Float64Array): number | undefined {
  if (list.length === 0) return undefined;
  let sum = 0;
  for (const v of list) sum += at[v]!;
  return sum / list.length;
}

/** How many pairs of edges cross, counted between neighbouring columns. */
export function crossings(g: Ranked, at: Float64Array): number {
  let sum = 0;
  for (let c = 0; c + 1 < g.columns.length; c++) {
    const next = g.columns[c + 1]!.length;
    const tree = new Int32Array(next + 1);
    let seen = 0;
    for (const v of g.columns[c]!) {
      const ends = g.right[v]!.map((w) => at[w]!);
      // Edges that end below one of this node's, of nodes above it, cross it.
      for (const e of ends) {
        let upTo = 0;
        for (let k = e + 1; k > 0; k -= k & -k) upTo += tree[k]!;
        sum += seen - upTo;
      }
      for (const e of ends) {
        for (let k = e + 1; k <= next; k += k & -k) tree[k]!++;
        seen++;
      }
    }
  }
  return sum;
}
