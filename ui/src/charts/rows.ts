// Which rows the waterfall shows. Spans lie depth first, so a subtree is a
// stretch of indexes and folding skips it.
import { flag, type TraceModel } from './model';

export interface Rows {
  count: number;
  /** The span that a row shows; of a run of repeats, the first. */
  span: Int32Array;
  /** How many siblings are folded into the row; 1 for an ordinary row. */
  times: Int32Array;
  /** The row that shows a span, or that it is folded into; -1 if it is left out. */
  rowOf: Int32Array;
}

export interface View {
  folded: ReadonlySet<number>;
  foldRepeats: boolean;
  unfoldedRepeats: ReadonlySet<number>;
  errorsOnly: boolean;
  /** Spans shorter than this share of the trace are left out; 0 keeps all. */
  minShare: number;
  /** Services, as indexes of strings, that are left out. */
  hidden: ReadonlySet<number>;
  /** Only these, and what is above them. */
  matches: Uint8Array | undefined;
  /** The span shown as root; -1 for the whole trace. */
  root: number;
}

export const wholeTrace: View = {
  folded: new Set(),
  foldRepeats: false,
  unfoldedRepeats: new Set(),
  errorsOnly: false,
  minShare: 0,
  hidden: new Set(),
  matches: undefined,
  root: -1,
};

/** Fewer siblings in a row than this are not worth folding. */
const shortestRun = 5;

function kept(t: TraceModel, v: View): Uint8Array | undefined {
  if (!v.errorsOnly && v.hidden.size === 0 && !v.matches && v.minShare <= 0) return undefined;
  const { flags, service, duration, parent } = t.spans;
  const shortest = v.minShare * t.total;
  const out = new Uint8Array(t.count);
  for (let i = t.count - 1; i >= 0; i--) {
    const wanted =
      out[i] === 1 ||
      ((!v.errorsOnly || (flags[i]! & flag.error) !== 0) &&
        !v.hidden.has(service[i]!) &&
        (!v.matches || v.matches[i] === 1) &&
        duration[i]! >= shortest);
    if (!wanted) continue;
    out[i] = 1;
    if (parent[i]! >= 0) out[parent[i]!] = 1;
  }
  return out;
}

export function buildRows(t: TraceModel, v: View): Rows {
  const { descendants, parent, service, name, kind } = t.spans;
  const keep = kept(t, v);
  const span = new Int32Array(t.count);
  const times = new Int32Array(t.count);
  const rowOf = new Int32Array(t.count).fill(-1);
  const first = Math.max(v.root, 0);
  const end = v.root < 0 ? t.count : v.root + descendants[v.root]! + 1;
  const open = new Map<number, number>(); // until where the children of a span are shown one by one
  let count = 0;
  for (let i = first; i < end;) {
    if (keep && !keep[i]) {
      i += descendants[i]! + 1;
      continue;
    }
    let next = i + 1;
    let n = 1;
    if (v.foldRepeats && (open.get(parent[i]!) ?? 0) <= i) {
      let j = i + descendants[i]! + 1;
      while (
        j < end &&
        parent[j] === parent[i] &&
        service[j] === service[i] &&
        name[j] === name[i] &&
        kind[j] === kind[i] &&
        (!keep || keep[j])
      ) {
        n++;
        j += descendants[j]! + 1;
      }
      if (v.unfoldedRepeats.has(i)) open.set(parent[i]!, j);
      if (n < shortestRun || v.unfoldedRepeats.has(i)) n = 1;
      else next = j;
    }
    if (n === 1 && v.folded.has(i)) next = i + descendants[i]! + 1;
    span[count] = i;
    times[count] = n;
    rowOf.fill(count, i, next);
    count++;
    i = next;
  }
  return { count, span: span.subarray(0, count), times: times.subarray(0, count), rowOf };
}

/** Calls for each sibling that is folded into a row. */
export function eachRepeat(t: TraceModel, first: number, times: number, visit: (i: number) => void): void {
  for (let i = first, k = 0; k < times; k++, i += t.spans.descendants[i]! + 1) visit(i);
}

/** The span whose repeats begin a run that i lies in, so that unfolding it shows i. */
export function runStart(t: TraceModel, rows: Rows, i: number): number {
  const row = rows.rowOf[i]!;
  return row >= 0 && rows.times[row]! > 1 ? rows.span[row]! : -1;
}

/** Spans to fold so that only the first levels show. */
export function foldToDepth(t: TraceModel, levels: number): Set<number> {
  const out = new Set<number>();
  for (let i = 0; i < t.count; i++) {
    if (t.spans.depth[i]! >= levels - 1 && t.spans.descendants[i]! > 0) out.add(i);
  }
  return out;
}

/** A span and all below it that have children. */
export function subtree(t: TraceModel, i: number): number[] {
  const out: number[] = [];
  for (let j = i; j <= i + t.spans.descendants[i]!; j++) if (t.spans.descendants[j]! > 0) out.push(j);
  return out;
}

/** The next or previous sibling of a span; -1 if there is none. */
export function sibling(t: TraceModel, i: number, by: 1 | -1): number {
  const { parent, descendants } = t.spans;
  if (by > 0) {
    const j = i + descendants[i]! + 1;
    return j < t.count && parent[j] === parent[i] ? j : -1;
  }
  for (let j = i - 1; j >= 0 && j !== parent[i];) {
    if (parent[j] === parent[i]) return j;
    j = parent[j]!;
  }
  return -1;
}
