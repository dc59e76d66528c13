// Graphs for tests: services that call each other the way services do.
import type { LayoutInput } from './layout';

/** Numbers that look random and are the same each time. */
export function random(seed: number): () => number {
  let s = seed >>> 0;
  return () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return s / 2 ** 32;
  };
}

/** A graph of n nodes: clients in front, each node called by a few before it, now and then a call back. */
export function graphOf(n: number, seed = 1): LayoutInput {
  const next = random(seed);
  const edges: [number, number, number][] = [];
  for (let i = 1; i < n; i++) {
    const calls = 1 + Math.floor(next() * 2);
    for (let k = 0; k < calls; k++) edges.push([Math.floor(next() ** 1.6 * i), i, 1 + next() * 100]);
    if (next() < 0.03) edges.push([i, Math.floor(next() * i), 1]);
  }
  return { ids: Array.from({ length: n }, (_, i) => `n${i}`), edges, before: {}, pinned: {} };
}
