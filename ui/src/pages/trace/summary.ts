import { flag, type TraceModel } from '../../charts/model';
import { count, digits } from '../../time/format';

export type By = 'both' | 'service' | 'operation';

/** A line of the table: the spans of one service, operation or both. Times are in ns. */
export interface Line {
  key: string;
  service: number;
  name: number;
  /** The longest span, to show when the line is chosen. */
  longest: number;
  spans: number;
  total: number;
  self: number;
  p95: number;
  most: number;
  errors: number;
  critical: number;
}

/** Sums the spans up, the most own time first. */
export function summarise(t: TraceModel, by: By): Line[] {
  const s = t.spans;
  const critical = new Float64Array(t.count);
  for (const [span, from, to] of t.critical) critical[span]! += to - from;
  const lines = new Map<string, Line & { all: number[] }>();
  for (let i = 0; i < t.count; i++) {
    if ((s.flags[i]! & flag.placeholder) !== 0) continue;
    const key = `${by === 'operation' ? '' : s.service[i]} ${by === 'service' ? '' : s.name[i]}`;
    let l = lines.get(key);
    if (!l) {
      l = {
        key,
        service: s.service[i]!,
        name: s.name[i]!,
        longest: i,
        spans: 0,
        total: 0,
        self: 0,
        p95: 0,
        most: -1,
        errors: 0,
        critical: 0,
        all: [],
      };
      lines.set(key, l);
    }
    const d = s.duration[i]!;
    l.spans++;
    l.total += d;
    l.self += s.self[i]!;
    l.all.push(d);
    if (d > l.most) {
      l.most = d;
      l.longest = i;
    }
    l.errors += s.flags[i]! & flag.error ? 1 : 0;
    l.critical += critical[i]!;
  }
  return [...lines.values()]
    .map(({ all, ...l }) => ({ ...l, p95: all.sort((a, b) => a - b)[Math.min(Math.ceil(all.length * 0.95), all.length) - 1]! }))
    .sort((a, b) => b.self - a.self);
}

/** Of fewer spans no share is said. */
const fewest = 10;

/** Where a span stands among those like it, in words. */
export function standingOf({ percentile, count: n }: { percentile: number; count: number }): string {
  if (n < fewest) return `one of ${n} like it`;
  const share = digits(percentile);
  if (Number(share) >= 100) return `one of the slowest of ${count(n)} like it`;
  return Number(share) <= 0 ? `one of the fastest of ${count(n)} like it` : `slower than ${share}\u2009% of ${count(n)} like it`;
}
