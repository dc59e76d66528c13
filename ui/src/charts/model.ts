// A trace as typed arrays, with the indexes that drawing needs. Built once per
// answer; everything else reads it.
import type { Skeleton } from '../api/types';

export const flag = {
  error: 1,
  errorBelow: 2,
  critical: 4,
  placeholder: 8,
  clock: 16,
  loop: 32,
  duplicate: 64,
  events: 128,
  links: 256,
  noDuration: 512,
} as const;

/** Kinds of annotations. */
export const mark = { event: 0, exception: 1, link: 2, log: 3, errorItem: 4 } as const;

export interface SpanColumns {
  id: string[];
  parent: Int32Array;
  depth: Int32Array;
  descendants: Int32Array;
  start: Float64Array;
  duration: Float64Array;
  self: Float64Array;
  service: Int32Array;
  name: Int32Array;
  kind: Uint8Array;
  status: Uint8Array;
  http: Int32Array;
  flags: Uint32Array;
}

export interface TraceModel {
  id: string;
  base: string;
  total: number;
  count: number;
  totalSpans: number;
  arriving: boolean;
  truncated: boolean;
  strings: string[];
  spans: SpanColumns;
  /** Colour slot by index of the service's name in strings. */
  slots: Uint8Array;
  /** 1 by index of a service's name if a busier service of the trace has the same colour. */
  hatched: Uint8Array;
  services: Skeleton['services'];
  notes: Skeleton['notes'];
  annotations: Skeleton['annotations'];
  /** Annotations of span i are markList[markStart[i]] up to markStart[i + 1]. */
  markStart: Int32Array;
  markList: Int32Array;
  /** Span, start and end of each step of the critical path, by start. */
  critical: [number, number, number][];
  /** The span that gives the trace its name. */
  root: number;
  /** How deep the tree is; 0 for roots alone. */
  deepest: number;
  /** Long stretches of spans with children in which none of them runs, by span. */
  gaps: ReadonlyMap<number, readonly Stretch[]>;
}

export type Stretch = readonly [from: number, to: number];

export function buildModel(t: Skeleton): TraceModel {
  const s = t.spans;
  const n = s.id.length;
  const slotOf = new Map(t.services.map((x) => [x.name, x.slot]));
  const [markStart, markList] = groupBySpan(t.annotations.span, n);
  const clashing = clashes(t.services);
  return {
    id: t.trace_id,
    base: t.base,
    total: Math.max(t.duration, 1),
    count: n,
    totalSpans: t.total_spans,
    arriving: t.arriving,
    truncated: t.truncated,
    strings: t.strings,
    spans: {
      id: s.id,
      parent: Int32Array.from(s.parent),
      depth: Int32Array.from(s.depth),
      descendants: Int32Array.from(s.descendants),
      start: Float64Array.from(s.start),
      duration: Float64Array.from(s.duration),
      self: Float64Array.from(s.self),
      service: Int32Array.from(s.service),
      name: Int32Array.from(s.name),
      kind: Uint8Array.from(s.kind),
      status: Uint8Array.from(s.status),
      http: Int32Array.from(s.http),
      flags: Uint32Array.from(s.flags),
    },
    slots: Uint8Array.from(t.strings, (name) => slotOf.get(name) ?? 12),
    hatched: Uint8Array.from(t.strings, (name) => (clashing.has(name) ? 1 : 0)),
    services: t.services,
    notes: t.notes,
    annotations: t.annotations,
    markStart,
    markList,
    critical: [...t.critical].sort((a, b) => a[1] - b[1]),
    root: rootOf(s),
    deepest: s.depth.reduce((most, d) => Math.max(most, d), 0),
    gaps: findGaps(s, t.duration),
  };
}

/** Services whose colour a busier one of the trace has already. */
function clashes(services: Skeleton['services']): Set<string> {
  const taken = new Set<number>();
  const out = new Set<string>();
  for (const s of [...services].sort((a, b) => b.spans - a.spans)) {
    if (taken.has(s.slot)) out.add(s.name);
    taken.add(s.slot);
  }
  return out;
}

/** A stretch without spans is worth saying when it is this long, in ns, and takes this share of the trace. */
const longGap = 20e6;
const largeGap = 0.1;

function findGaps(s: Skeleton['spans'], total: number): Map<number, Stretch[]> {
  const least = Math.max(longGap, total * largeGap);
  const out = new Map<number, Stretch[]>();
  const covered = Float64Array.from(s.start); // until when the children of a span reach
  const note = (i: number, to: number): void => {
    const from = covered[i]!;
    if (to - from <= least) return;
    const list = out.get(i);
    if (list) list.push([from, to]);
    else out.set(i, [[from, to]]);
  };
  for (let i = 0; i < s.id.length; i++) {
    const p = s.parent[i]!;
    if (p < 0 || s.flags[p]! & flag.placeholder) continue;
    const end = s.start[p]! + s.duration[p]!;
    note(p, Math.min(s.start[i]!, end));
    covered[p] = Math.max(covered[p]!, Math.min(s.start[i]! + s.duration[i]!, end));
  }
  for (let i = 0; i < s.id.length; i++) {
    if (s.descendants[i]! > 0 && !(s.flags[i]! & flag.placeholder)) note(i, s.start[i]! + s.duration[i]!);
  }
  return out;
}

/** Orders indexes by the span they belong to: counts first, then places. */
function groupBySpan(spans: ArrayLike<number>, n: number): [Int32Array, Int32Array] {
  const start = new Int32Array(n + 1);
  let kept = 0;
  for (let a = 0; a < spans.length; a++) {
    const i = spans[a]!;
    if (i >= 0 && i < n) {
      start[i + 1]!++;
      kept++;
    }
  }
  for (let i = 0; i < n; i++) start[i + 1]! += start[i]!;
  const at = start.slice();
  const list = new Int32Array(kept);
  for (let a = 0; a < spans.length; a++) {
    const i = spans[a]!;
    if (i >= 0 && i < n) list[at[i]!++] = a;
  }
  return [start, list];
}

export function serviceOf(t: TraceModel, i: number): string {
  return t.strings[t.spans.service[i]!] ?? '';
}

/** The name a span is shown under. */
export function nameOf(t: TraceModel, i: number): string {
  if ((t.spans.flags[i]! & flag.placeholder) !== 0) return 'parent that never arrived';
  return t.strings[t.spans.name[i]!] || '(no name)';
}

export function isError(t: TraceModel, i: number): boolean {
  return (t.spans.flags[i]! & flag.error) !== 0;
}

/** The longest root that arrived, as the server has it. */
function rootOf({ parent, duration, flags }: Skeleton['spans']): number {
  let best = -1;
  for (let i = 0; i < parent.length; i++) {
    if (parent[i]! >= 0 || (flags[i]! & flag.placeholder) !== 0) continue;
    if (best < 0 || duration[i]! > duration[best]!) best = i;
  }
  return Math.max(best, 0);
}

/** The first span with an id. */
export function spanOf(t: TraceModel, id: string): number | undefined {
  const i = id === '' ? -1 : t.spans.id.indexOf(id);
  return i < 0 ? undefined : i;
}

/** What can be handed from one thread to another without a copy. */
export function buffersOf(t: TraceModel): ArrayBuffer[] {
  const columns = [...Object.values(t.spans), t.slots, t.hatched, t.markStart, t.markList];
  return columns.flatMap((c) => (ArrayBuffer.isView(c) ? [c.buffer as ArrayBuffer] : []));
}
