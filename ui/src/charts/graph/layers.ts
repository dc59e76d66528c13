// Which column each node of a graph stands in: every edge but those of cycles
// leads to the right.

export interface Directed {
  from: number;
  to: number;
  weight: number;
  /** It closes a cycle, so it is laid out the other way round. */
  back: boolean;
}

/** Edges without loops and doubles, those that close a cycle marked. Columns of an earlier layout decide first. */
export function direct(
  n: number,
  edges: readonly (readonly [number, number, number])[],
  seeds: readonly (number | undefined)[],
): Directed[] {
  const merged = new Map<number, Directed>();
  for (const [from, to, weight] of edges) {
    if (from === to || from >= n || to >= n) continue;
    const key = from * n + to;
    const same = merged.get(key);
    if (same) same.weight += weight;
    else merged.set(key, { from, to, weight, back: false });
  }
  const list = [...merged.values()];
  for (const e of list) {
    const [a, b] = [seeds[e.from], seeds[e.to]];
    e.back = a !== undefined && b !== undefined && a > b;
  }
  breakCycles(n, list);
  return list;
}

/** The ends of an edge as it is laid out. */
export const tail = (e: Directed): number => (e.back ? e.to : e.from);
export const head = (e: Directed): number => (e.back ? e.from : e.to);

/** Turns edges round until none closes a cycle: those that a walk from the sources meets on its own path. */
function breakCycles(n: number, list: Directed[]): void {
  const out = adjacency(n, list, tail);
  const incoming = new Int32Array(n);
  for (const e of list) incoming[head(e)]!++;
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => Number(incoming[a] !== 0) - Number(incoming[b] !== 0) || a - b);
  const state = new Uint8Array(n); // 1 on the path, 2 done
  for (const start of order) {
    if (state[start] !== 0) continue;
    state[start] = 1;
    // No recursion: a chain may be as long as the graph.
    const path: [number, number][] = [[start, 0]];
    while (path.length > 0) {
      const top = path.at(-1)!;
      const e = out[top[0]]![top[1]++];
      if (!e) {
        state[top[0]] = 2;
        path.pop();
        continue;
      }
      const next = e.from === top[0] ? e.to : e.from;
      if (state[next] === 1) e.back = !e.back;
      else if (state[next] === 0) {
        state[next] = 1;
        path.push([next, 0]);
      }
    }
  }
}

function adjacency(n: number, list: readonly Directed[], end: (e: Directed) => number): Directed[][] {
  const out: Directed[][] = Array.from({ length: n }, () => []);
  for (const e of list) out[end(e)]!.push(e);
  return out;
}

/**
 * The column of each node. A column takes at most `most` nodes, those first that
 * the longest ways begin at; the others go on to the next. A node with a column
 * of an earlier layout does not go left of it.
 */
export function columns(n: number, list: readonly Directed[], seeds: readonly (number | undefined)[], most: number): Int32Array {
  const out = adjacency(n, list, tail);
  const waiting = new Int32Array(n);
  for (const e of list) waiting[head(e)]!++;
  const way = longestWays(n, out, waiting);
  const column = new Int32Array(n).fill(-1);
  let ready: number[] = [];
  for (let i = 0; i < n; i++) if (waiting[i] === 0) ready.push(i);
  for (let c = 0, placed = 0; placed < n; c++) {
    const may = ready.filter((i) => (seeds[i] ?? 0) <= c);
    may.sort((a, b) => Number(seeds[b] === c) - Number(seeds[a] === c) || way[b]! - way[a]! || a - b);
    const taken = may.slice(0, most);
    for (const i of taken) column[i] = c;
    placed += taken.length;
    const gone = new Set(taken);
    ready = ready.filter((i) => !gone.has(i));
    for (const i of taken) for (const e of out[i]!) if (--waiting[head(e)]! === 0) ready.push(head(e));
  }
  pullRight(n, out, list, column, seeds, most);
  return column;
}

/** How many edges the longest way from each node has. */
function longestWays(n: number, out: Directed[][], incoming: Int32Array): Int32Array {
  const left = incoming.slice();
  const order: number[] = [];
  for (let i = 0; i < n; i++) if (left[i] === 0) order.push(i);
  for (let k = 0; k < order.length; k++) for (const e of out[order[k]!]!) if (--left[head(e)]! === 0) order.push(head(e));
  const way = new Int32Array(n);
  for (const i of order.reverse()) for (const e of out[i]!) way[i] = Math.max(way[i]!, way[head(e)]! + 1);
  return way;
}

/** What nothing leads to stands right before what it leads to. */
function pullRight(
  n: number,
  out: Directed[][],
  list: readonly Directed[],
  column: Int32Array,
  seeds: readonly (number | undefined)[],
  most: number,
): void {
  const has = new Uint8Array(n);
  for (const e of list) has[head(e)] = 1;
  const filled = new Map<number, number>();
  for (const c of column) filled.set(c, (filled.get(c) ?? 0) + 1);
  for (let i = 0; i < n; i++) {
    if (has[i] || out[i]!.length === 0 || seeds[i] !== undefined) continue;
    const c = out[i]!.reduce((m, e) => Math.min(m, column[head(e)]!), Infinity) - 1;
    if (c <= column[i]! || (filled.get(c) ?? 0) >= most) continue;
    filled.set(column[i]!, filled.get(column[i]!)! - 1);
    filled.set(c, (filled.get(c) ?? 0) + 1);
    column[i] = c;
  }
}
