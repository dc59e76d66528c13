// The part of a trace around one span: what it is called by, what it calls.
import type { Skeleton } from '../../api/types';

const failed = 1;

/** Indexes of at most so many spans: those above the span, it itself, what is below and beside it, failed ones first. */
export function excerpt(s: Skeleton['spans'], at: number, most: number): number[] {
  const chosen = new Set<number>();
  for (let i = at; i >= 0 && chosen.size < most; i = s.parent[i]!) chosen.add(i);
  if (at < 0 && s.id.length > 0) chosen.add(0);
  const near = (i: number): number => {
    const fails = (s.flags[i]! & failed) !== 0 ? 0 : 4;
    if (s.parent[i] === at && at >= 0) return fails;
    if (at >= 0 && s.parent[i] === s.parent[at]) return fails + 1;
    return fails + 2 + Math.min(Math.abs(i - Math.max(at, 0)) / s.id.length, 0.99);
  };
  const rest = s.id.map((_, i) => i).filter((i) => !chosen.has(i));
  rest.sort((a, b) => near(a) - near(b) || a - b);
  for (const i of rest) {
    if (chosen.size >= most) break;
    chosen.add(i);
  }
  return [...chosen].sort((a, b) => a - b);
}
