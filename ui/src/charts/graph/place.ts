// How high the members of columns stand: near their neighbours, apart from each other, in their order.
import type { Ranked } from './order';

/** The nearest heights to the wished ones that keep the order and the least distances; by pools of what would collide. */
export function spread(wish: readonly number[], weight: readonly number[], apart: readonly number[]): number[] {
  const pools: { sum: number; weight: number; from: number }[] = [];
  const offset: number[] = [];
  let at = 0;
  wish.forEach((w, i) => {
    at += i === 0 ? 0 : apart[i]!;
    offset.push(at);
    pools.push({ sum: (w - at) * weight[i]!, weight: weight[i]!, from: i });
    for (;;) {
      const [a, b] = [pools.at(-2), pools.at(-1)!];
      if (!a || a.sum / a.weight <= b.sum / b.weight) break;
      pools.pop();
      a.sum += b.sum;
      a.weight += b.weight;
    }
  });
  const out: number[] = [];
  pools.forEach((p, k) => {
    const end = pools[k + 1]?.from ?? wish.length;
    for (let i = p.from; i < end; i++) out.push(p.sum / p.weight + offset[i]!);
  });
  return out;
}

/** Heights of all members. Those from `real` on are bends of long edges, which should be straight. */
export function heights(g: Ranked, real: number, size: (v: number) => number, rounds: number): Float64Array {
  const y = new Float64Array(g.left.length);
  const gap = (column: readonly number[]): number[] => column.map((v, i) => (i === 0 ? 0 : (size(column[i - 1]!) + size(v)) / 2));
  const apart = g.columns.map(gap);
  g.columns.forEach((column, c) => {
    let at = 0;
    column.forEach((v, i) => (y[v] = at += apart[c]![i]!));
    const middle = at / 2;
    column.forEach((v) => (y[v]! -= middle));
  });
  for (let r = 0; r < rounds; r++) {
    const toRight = r % 2 === 0;
    for (let k = 0; k < g.columns.length; k++) {
      const c = toRight ? k : g.columns.length - 1 - k;
      const column = g.columns[c]!;
      const wish: number[] = [];
      const weight: number[] = [];
      for (const v of column) {
        // The last round looks both ways, so that a node stands between those around it.
        const near = r >= rounds - 2 ? [...g.left[v]!, ...g.right[v]!] : toRight ? g.left[v]! : g.right[v]!;
        let [sum, of] = [0, 0];
        for (const w of near) {
          const pull = v >= real && w >= real ? 8 : v >= real || w >= real ? 2 : 1;
          sum += y[w]! * pull;
          of += pull;
        }
        wish.push(of > 0 ? sum / of : y[v]!);
        weight.push(of > 0 ? of : 0.1);
      }
      spread(wish, weight, apart[c]!).forEach((h, i) => (y[column[i]!] = h));
    }
  }
  return y;
}

/** The height nearest to a wish that is at least so far from others. */
export function freeNear(taken: readonly number[], wish: number, apart: number): number {
  const sorted = [...taken].sort((a, b) => a - b);
  const free = (h: number): boolean => sorted.every((t) => Math.abs(t - h) >= apart - 1e-6);
  if (free(wish)) return wish;
  let best = Infinity;
  for (const t of sorted) {
    for (const h of [t - apart, t + apart]) if (Math.abs(h - wish) < Math.abs(best - wish) && free(h)) best = h;
  }
  return best;
}
