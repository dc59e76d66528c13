// The model behind the waterfall: which rows show, where bars lie, what matches.
// Pure functions over typed arrays, so that 100,000 spans cost no objects.
import type { Skeleton } from '../api/types';

export const flag = {
  error: 1, errorBelow: 2, critical: 4, placeholder: 8, clock: 16, loop: 32, duplicate: 64, events: 128, links: 256, noDuration: 512,
} as const;

/** A row: a span, or several repeated siblings as one. */
export interface Row {
  span: number;
  /** Spans folded into this row with it; empty for an ordinary row. */
  repeats: number[];
}

export interface View {
  folded: ReadonlySet<number>;
  foldRepeats: boolean;
  unfoldedRepeats: ReadonlySet<number>;
  errorsOnly: boolean;
  hidden: ReadonlySet<number>; // services that are not shown
  matches: Uint8Array | undefined; // with matchesOnly: the rest is left out
  root: number; // the span shown as root, -1 for the whole trace
}

const shortestRun = 5;

/** Marks spans that are kept because they, or something below them, are wanted. */
export function kept(t: Skeleton, wanted: (i: number) => boolean): Uint8Array {
  const n = t.spans.id.length;
  const out = new Uint8Array(n);
  for (let i = n - 1; i >= 0; i--) {
    if (out[i] || wanted(i)) {
      out[i] = 1;
      const p = t.spans.parent[i]!;
      if (p >= 0) out[p] = 1;
    }
  }
  return out;
}

/** The rows in order. Spans lie depth first, so a subtree is a stretch of them. */
export function rows(t: Skeleton, v: View): Row[] {
  const { descendants, parent, service, name, kind, flags } = t.spans;
  const n = t.spans.id.length;
  const narrowed = v.errorsOnly || v.hidden.size > 0 || v.matches !== undefined;
  const keep = narrowed
    ? kept(t, (i) => !v.hidden.has(service[i]!) && (!v.errorsOnly || (flags[i]! & flag.error) !== 0) && (!v.matches || v.matches[i] === 1))
    : undefined;
  const out: Row[] = [];
  const end = v.root < 0 ? n : v.root + descendants[v.root]! + 1;
  for (let i = Math.max(v.root, 0); i < end; ) {
    if (keep && !keep[i]) {
      i += descendants[i]! + 1;
      continue;
    }
    let next = i + 1;
    let repeats: number[] = [];
    if (v.foldRepeats && !v.unfoldedRepeats.has(i)) {
      repeats = run(i);
    }
    if (repeats.length >= shortestRun) {
      const last = repeats[repeats.length - 1]!;
      out.push({ span: i, repeats });
      next = last + descendants[last]! + 1;
    } else {
      out.push({ span: i, repeats: [] });
      if (v.folded.has(i)) next = i + descendants[i]! + 1;
    }
    i = next;
  }
  return out;

  /** Consecutive siblings from i on with the same service, name and kind. */
  function run(i: number): number[] {
    const list = [i];
    for (let j = i + descendants[i]! + 1; j < end && parent[j] === parent[i]; j += descendants[j]! + 1) {
      if (service[j] !== service[i] || name[j] !== name[i] || kind[j] !== kind[i] || (keep && !keep[j])) break;
      list.push(j);
    }
    return list;
  }
}

/** Spans to fold so that only those above a depth show. */
export function foldToDepth(t: Skeleton, depth: number): Set<number> {
  const out = new Set<number>();
  t.spans.depth.forEach((d, i) => {
    if (d >= depth - 1 && t.spans.descendants[i]! > 0) out.add(i);
  });
  return out;
}

/** Finds spans by text, field:value, duration>100ms or /pattern/; undefined for an empty term. */
export function find(t: Skeleton, term: string): Uint8Array | undefined {
  const test = matcher(t, term.trim());
  if (!test) return undefined;
  const out = new Uint8Array(t.spans.id.length);
  for (let i = 0; i < out.length; i++) out[i] = test(i) ? 1 : 0;
  return out;
}

const unitNs: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9 };

function matcher(t: Skeleton, term: string): ((i: number) => boolean) | undefined {
  if (!term) return undefined;
  const s = t.spans;
  const compare = /^(duration|self|http)\s*(>=|<=|>|<|=|:)\s*([\d.]+)\s*([a-zµ]*)$/i.exec(term);
  if (compare) {
    const field = compare[1]!.toLowerCase();
    const values = field === 'http' ? s.http : field === 'self' ? s.self : s.duration;
    const want = Number(compare[3]) * (field === 'http' ? 1 : (unitNs[compare[4] || 'ms'] ?? 1e6));
    const op = compare[2];
    return (i) => {
      const x = values[i]!;
      return op === '>' ? x > want : op === '<' ? x < want : op === '>=' ? x >= want : op === '<=' ? x <= want : x === want;
    };
  }
  const named = /^(service|name|id|error)\s*[:=]\s*(.+)$/i.exec(term);
  const text = (named ? named[2]! : term).toLowerCase();
  let hit = (x: string): boolean => x.toLowerCase().includes(text);
  const pattern = /^\/(.+)\/$/.exec(term);
  if (pattern) {
    try {
      const re = new RegExp(pattern[1]!, 'i');
      hit = (x) => re.test(x);
    } catch {
      return () => false;
    }
  }
  // Each distinct string is looked at once, not each span.
  const hits = t.strings.map((x) => hit(x));
  switch (named?.[1]?.toLowerCase()) {
    case 'service':
      return (i) => hits[s.service[i]!]!;
    case 'name':
      return (i) => hits[s.name[i]!]!;
    case 'id':
      return (i) => s.id[i]!.startsWith(text);
    case 'error':
      return (i) => ((s.flags[i]! & flag.error) !== 0) === (text !== 'false');
  }
  return (i) => hits[s.name[i]!]! || hits[s.service[i]!]! || s.id[i] === text;
}

/** The part of the trace that is in view, in ns from its start. */
export interface Window { from: number; to: number }

export function zoom(w: Window, total: number, factor: number, at: number): Window {
  const length = Math.min(Math.max((w.to - w.from) * factor, Math.max(total / 1e6, 100)), total);
  const share = w.to > w.from ? (at - w.from) / (w.to - w.from) : 0.5;
  return clamp({ from: at - length * share, to: at + length * (1 - share) }, total);
}

export function pan(w: Window, total: number, by: number): Window {
  const d = (w.to - w.from) * by;
  return clamp({ from: w.from + d, to: w.to + d }, total);
}

export function clamp(w: Window, total: number): Window {
  const length = Math.min(w.to - w.from, total);
  const from = Math.min(Math.max(w.from, 0), total - length);
  return { from, to: from + length };
}

/** Round marks for an axis: 1, 2 or 5 times a power of ten. */
export function ticks(w: Window, most: number): number[] {
  const raw = (w.to - w.from) / Math.max(most, 1);
  if (!(raw > 0)) return [0];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw)!;
  const out: number[] = [];
  for (let t = Math.ceil(w.from / step) * step; t <= w.to; t += step) out.push(t);
  return out;
}
