// Which rows the waterfall shows. Spans lie depth first, so a subtree is a
// stretch of indexes and folding skips it.
import { flag, mark, type TraceModel } from './model';

export interface Rows {
  count: number;
  /** The span that a row shows or that its mark belongs to, -1 if that is unknown; of a run of repeats, the first. */
  span: Int32Array;
  /** How many siblings are folded into the row; 1 for an ordinary row. */
  times: Int32Array;
  /** How many siblings lie from one of those to the next: more than 1 where several take turns, which then have a row each. */
  stride: Int32Array;
  /** The row that shows a span, or that it is folded into; -1 if it is left out. */
  rowOf: Int32Array;
  /** The log line or error that a row shows, as an index of the annotations; -1 for a row that shows a span. */
  mark: Int32Array;
  rowOfMark: ReadonlyMap<number, number>;
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
  /** Log lines and errors are rows under their spans. */
  logs: boolean;
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
  logs: false,
};

/** Fewer siblings in a row than this are not worth folding, nor are fewer turns of several. */
const shortestRun = 5;
const fewestTurns = 3;
/** At most so many take turns. */
const longestCycle = 6;

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
  const { descendants, parent } = t.spans;
  const keep = kept(t, v);
  const inline = new InlineMarks(t, v);
  const span = new Int32Array(t.count + inline.most);
  const times = new Int32Array(t.count + inline.most);
  const stride = new Int32Array(t.count + inline.most).fill(1);
  const marks = new Int32Array(t.count + inline.most).fill(-1);
  const rowOf = new Int32Array(t.count).fill(-1);
  const rowOfMark = new Map<number, number>();
  const first = Math.max(v.root, 0);
  const end = v.root < 0 ? t.count : v.root + descendants[v.root]! + 1;
  const repeats = new Repeats(t, keep);
  const open = new Map<number, number>(); // until where the children of a span are shown one by one
  let count = 0;
  const showMark = (i: number, a: number): void => {
    span[count] = i;
    times[count] = 1;
    marks[count] = a;
    rowOfMark.set(a, count);
    count++;
  };
  for (let i = first; i < end;) {
    if (keep && !keep[i]) {
      i += descendants[i]! + 1;
      continue;
    }
    inline.before(i, showMark);
    if (v.foldRepeats && (open.get(parent[i]!) ?? 0) <= i) {
      const run = repeats.at(i, end);
      if (run && run.spans.slice(0, run.cycle).some((k) => v.unfoldedRepeats.has(k))) open.set(parent[i]!, run.end);
      else if (run) {
        run.spans.forEach((k, at) => rowOf.fill(count + (at % run.cycle), k, k + descendants[k]! + 1));
        for (const k of run.spans.slice(0, run.cycle)) {
          span[count] = k;
          times[count] = run.spans.length / run.cycle;
          stride[count] = run.cycle;
          count++;
        }
        i = run.end;
        continue;
      }
    }
    const next = v.folded.has(i) ? i + descendants[i]! + 1 : i + 1;
    span[count] = i;
    times[count] = 1;
    rowOf.fill(count, i, next);
    count++;
    if (!v.folded.has(i)) inline.open(i);
    i = next;
  }
  inline.rest(showMark);
  return {
    count,
    span: span.subarray(0, count),
    times: times.subarray(0, count),
    stride: stride.subarray(0, count),
    mark: marks.subarray(0, count),
    rowOf,
    rowOfMark,
  };
}

interface Run {
  /** Whole turns. */
  spans: number[];
  /** How many take turns. */
  cycle: number;
  /** The span behind the last. */
  end: number;
}

/** Finds siblings that repeat: one again and again, or a few in turn, as a loop makes them. */
class Repeats {
  private siblings: number[] = [];

  constructor(
    private readonly t: TraceModel,
    private readonly keep: Uint8Array | undefined,
  ) {}

  /** The run that begins with span i, if one does. */
  at(i: number, end: number): Run | undefined {
    this.siblings = [i];
    for (let cycle = 1; cycle <= longestCycle; cycle++) {
      if (this.sibling(cycle, end) < 0) return undefined;
      let n = cycle;
      for (let k = this.sibling(n, end); k >= 0 && this.alike(k, this.siblings[n - cycle]!); k = this.sibling(n, end)) n++;
      const turns = Math.floor(n / cycle);
      if (turns < (cycle === 1 ? shortestRun : fewestTurns)) continue;
      const spans = this.siblings.slice(0, turns * cycle);
      const last = spans.at(-1)!;
      return { spans, cycle, end: last + this.t.spans.descendants[last]! + 1 };
    }
    return undefined;
  }

  /** The nth after the first, -1 if there is none that is shown. */
  private sibling(n: number, end: number): number {
    const { descendants, parent } = this.t.spans;
    while (this.siblings.length <= n) {
      const last = this.siblings.at(-1)!;
      const next = last + descendants[last]! + 1;
      if (next >= end || parent[next] !== parent[last] || (this.keep && !this.keep[next])) return -1;
      this.siblings.push(next);
    }
    return this.siblings[n]!;
  }

  private alike(a: number, b: number): boolean {
    const { service, name, kind } = this.t.spans;
    return service[a] === service[b] && name[a] === name[b] && kind[a] === kind[b];
  }
}

const inlineKinds: ReadonlySet<number> = new Set([mark.exception, mark.log, mark.errorItem]);

/** Log lines and errors as rows: each at its time among the children of its span. */
class InlineMarks {
  /** At most so many rows are added. */
  readonly most: number;
  private readonly opened: { span: number; end: number; marks: number[]; next: number }[] = [];

  constructor(
    private readonly t: TraceModel,
    private readonly v: View,
  ) {
    this.most = v.logs ? t.annotations.span.length : 0;
  }

  /** Tells of a span whose row has just been made. */
  open(i: number): void {
    if (!this.v.logs || this.v.matches) return;
    const { markStart, markList, spans } = this.t;
    if (markStart[i] === markStart[i + 1]) return;
    const marks = this.sorted([...markList.subarray(markStart[i], markStart[i + 1])]);
    if (marks.length > 0) this.opened.push({ span: i, end: i + spans.descendants[i]! + 1, marks, next: 0 });
  }

  /** Shows what comes before span i: the rest of spans that end, and of its parent what was earlier. */
  before(i: number, show: (span: number, mark: number) => void): void {
    const { annotations, spans } = this.t;
    for (let top = this.opened.at(-1); top; top = this.opened.at(-1)) {
      const over = top.end <= i;
      if (!over && top.span !== spans.parent[i]) return;
      while (top.next < top.marks.length && (over || annotations.time[top.marks[top.next]!]! <= spans.start[i]!))
        show(top.span, top.marks[top.next++]!);
      if (!over) return;
      this.opened.pop();
    }
  }

  /** Shows what is left, and of a whole trace the lines whose span is unknown. */
  rest(show: (span: number, mark: number) => void): void {
    for (let top = this.opened.pop(); top; top = this.opened.pop())
      for (; top.next < top.marks.length; top.next++) show(top.span, top.marks[top.next]!);
    if (!this.v.logs || this.v.root >= 0 || this.v.errorsOnly || this.v.matches) return;
    const lone: number[] = [];
    this.t.annotations.span.forEach((s, a) => s < 0 && lone.push(a));
    for (const a of this.sorted(lone)) show(-1, a);
  }

  private sorted(marks: number[]): number[] {
    const { kind, time } = this.t.annotations;
    const errorsOnly = this.v.errorsOnly;
    return marks.filter((a) => inlineKinds.has(kind[a]!) && (!errorsOnly || kind[a] !== mark.log)).sort((a, b) => time[a]! - time[b]!);
  }
}

/** How many log lines and errors a trace could show as rows. */
export function inlineMarks(t: TraceModel): number {
  return t.annotations.kind.reduce((n, k) => n + (inlineKinds.has(k) ? 1 : 0), 0);
}

/** What the filters leave out of the part that is shown. */
export function leftOut(t: TraceModel, rows: Rows, root: number): { spans: number; errors: number } {
  const out = { spans: 0, errors: 0 };
  const end = root < 0 ? t.count : root + t.spans.descendants[root]! + 1;
  for (let i = Math.max(root, 0); i < end; i++) {
    if (rows.rowOf[i]! >= 0) continue;
    out.spans++;
    if (t.spans.flags[i]! & flag.error) out.errors++;
  }
  return out;
}

/** Calls for each sibling that is folded into a row. */
export function eachRepeat(t: TraceModel, rows: Rows, row: number, visit: (i: number) => void): void {
  const [times, stride] = [rows.times[row]!, rows.stride[row]!];
  let i = rows.span[row]!;
  for (let k = 0; k < times; k++) {
    visit(i);
    if (k < times - 1) for (let s = 0; s < stride; s++) i += t.spans.descendants[i]! + 1;
  }
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
