import type { ListedTrace, TraceList } from '../../api/types';

/** Adds a page to those before it: its starts count from another base, and a trace that came meanwhile has pushed some onto the next page. */
export function append(list: readonly ListedTrace[], base: string, page: TraceList): ListedTrace[] {
  const shift = Number(BigInt(page.base) - BigInt(base));
  const known = new Set(list.map((t) => t.trace_id));
  return [...list, ...page.traces.filter((t) => !known.has(t.trace_id)).map((t) => ({ ...t, start: t.start + shift }))];
}

/** What a full bar stands for: the longest, unless a few outliers would make all others invisible. */
export function barScale(durations: number[]): number {
  const sorted = [...durations].sort((a, b) => a - b);
  const most = sorted.at(-1) ?? 1;
  const usual = sorted[Math.floor((sorted.length - 1) * 0.9)] ?? most;
  return Math.max(most > usual * 8 ? usual * 2 : most, 1);
}
