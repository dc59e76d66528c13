// Drawing the waterfall's bars. No React, no reads of the page: what is drawn
// follows from the arguments, so a recording context can test it.
import { levelOf } from './level';
import { flag, mark, type Stretch, type TraceModel } from './model';
import { eachRepeat, type Rows } from './rows';
import type { Theme } from './theme';
import { ticks, type Window } from './viewport';

export const rowHeight = 24;
const barTop = 7;
const barHeight = 10;

export type Ctx = Pick<
  CanvasRenderingContext2D,
  | 'fillRect'
  | 'strokeRect'
  | 'beginPath'
  | 'moveTo'
  | 'lineTo'
  | 'arc'
  | 'closePath'
  | 'fill'
  | 'stroke'
  | 'fillText'
  | 'setLineDash'
  | 'roundRect'
  | 'measureText'
> & {
  fillStyle: unknown;
  strokeStyle: unknown;
  lineWidth: number;
  globalAlpha: number;
  font: string;
  textBaseline: unknown;
  textAlign: unknown;
};

export interface BarsInput {
  trace: TraceModel;
  rows: Rows;
  window: Window;
  width: number;
  height: number;
  scroll: number;
  /** Row that is selected, -1 for none. */
  selected: number;
  matches: Uint8Array | undefined;
  /** Critical stretches by row, undefined to draw none. */
  critical: Map<number, [number, number][]> | undefined;
  label: (ns: number) => string;
}

export function drawBars(ctx: Ctx, theme: Theme, input: BarsInput): void {
  const { rows, window: w, width, height, scroll } = input;
  const scale = width / Math.max(w.to - w.from, 1);
  drawGrid(ctx, theme, w, width, height, scale);
  ctx.font = `11px ${theme.sans}`;
  ctx.textBaseline = 'middle';
  const first = Math.max(Math.floor(scroll / rowHeight), 0);
  const last = Math.min(Math.ceil((scroll + height) / rowHeight), rows.count);
  for (let r = first; r < last; r++) drawRow(ctx, theme, input, r, r * rowHeight - scroll, scale);
}

function drawGrid(ctx: Ctx, theme: Theme, w: Window, width: number, height: number, scale: number): void {
  ctx.strokeStyle = theme.lineSubtle;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (const t of ticks(w, width / 110)) {
    const x = Math.round((t - w.from) * scale) + 0.5;
    ctx.moveTo(x, 0);
    ctx.lineTo(x, height);
  }
  ctx.stroke();
}

function drawRow(ctx: Ctx, theme: Theme, input: BarsInput, r: number, top: number, scale: number): void {
  const { trace, rows, window: w, width } = input;
  const i = rows.span[r]!;
  if (r === input.selected) {
    ctx.fillStyle = theme.accentBg;
    ctx.fillRect(0, top, width, rowHeight);
  }
  if (rows.mark[r]! >= 0) {
    drawMark(ctx, theme, trace, rows.mark[r]!, w, scale, width, top);
    return;
  }
  const dim = input.matches && !input.matches[i] ? 0.35 : 1;
  ctx.globalAlpha = dim;
  if (rows.times[r]! > 1) drawRepeats(ctx, theme, input, r, top, scale);
  else drawBar(ctx, theme, input, i, top, scale, dim);
  ctx.globalAlpha = dim;
  if (input.critical) drawCritical(ctx, theme, input.critical.get(r), w, scale, width, top + barTop + barHeight + 2);
  drawMarks(ctx, theme, trace, i, w, scale, width, top);
  ctx.globalAlpha = 1;
}

/** Siblings folded into one row: an outline of each; those that would fall on the last drawn are left out. */
function drawRepeats(ctx: Ctx, theme: Theme, input: BarsInput, r: number, top: number, scale: number): void {
  const { trace, rows, window: w, width } = input;
  const s = trace.spans;
  const color = theme.slots[trace.slots[s.service[rows.span[r]!]!]!]!;
  let drawn = -Infinity;
  let end = 0;
  let total = 0;
  eachRepeat(trace, rows, r, (i) => {
    const x = (s.start[i]! - w.from) * scale;
    const x2 = x + s.duration[i]! * scale;
    const error = (s.flags[i]! & flag.error) !== 0;
    total += s.duration[i]!;
    end = Math.max(end, x2);
    if (x2 < 0 || x > width || (x2 - drawn < 0.5 && !error)) return;
    ctx.fillStyle = error ? theme.error : color;
    ctx.fillRect(x, top + barTop, Math.max(x2 - x - (x2 - x > 3 ? 1 : 0), 1), barHeight);
    drawn = x2;
  });
  const text = `${input.label(total)} in all`;
  label(ctx, theme, text, (s.start[rows.span[r]!]! - w.from) * scale, end, width, top);
}

function drawBar(ctx: Ctx, theme: Theme, input: BarsInput, i: number, top: number, scale: number, alpha: number): void {
  const { trace, window: w, width } = input;
  const s = trace.spans;
  const flags = s.flags[i]!;
  const x = (s.start[i]! - w.from) * scale;
  const x2 = x + Math.max(s.duration[i]! * scale, 2);
  const left = Math.max(x, 0);
  const right = Math.min(x2, width);
  const y = top + barTop;
  if (right > 0 && left < width) {
    if ((flags & flag.placeholder) !== 0) {
      ctx.strokeStyle = theme.text3;
      ctx.setLineDash([3, 3]);
      ctx.strokeRect(left + 0.5, y + 0.5, Math.max(right - left - 1, 1), barHeight - 1);
      ctx.setLineDash([]);
    } else {
      const error = (flags & flag.error) !== 0;
      ctx.fillStyle = theme.slots[trace.slots[s.service[i]!]!]!;
      const self = s.duration[i]! > 0 ? Math.min(s.self[i]! / s.duration[i]!, 1) : 1;
      // Waiting for children is fainter than the span's own work.
      ctx.globalAlpha = alpha * (s.descendants[i]! > 0 ? 0.5 + 0.5 * self : 1);
      ctx.beginPath();
      ctx.roundRect(left, y, right - left, barHeight, 2);
      ctx.fill();
      ctx.globalAlpha = alpha;
      if (trace.hatched[s.service[i]!]) {
        ctx.fillStyle = theme.hatch;
        ctx.fill();
      }
      for (const gap of trace.gaps.get(i) ?? []) drawGap(ctx, theme, gap, w, scale, width, y, error);
      if (error) {
        ctx.fillStyle = theme.error;
        ctx.fillRect(left, y + barHeight - 3, Math.max(right - left, 3), 3);
      }
    }
  }
  if ((flags & flag.noDuration) !== 0) return;
  const text = input.label(s.duration[i]!);
  label(ctx, theme, text, x, pastMarks(trace, i, w, scale, x2, ctx.measureText(text).width + 12), width, top);
}

/** Where a bar ends for its label: behind the marks that stand where the label would, which they would cover. */
function pastMarks(t: TraceModel, i: number, w: Window, scale: number, x2: number, room: number): number {
  let end = x2;
  for (let k = t.markStart[i]!; k < t.markStart[i + 1]!; k++) {
    const a = t.markList[k]!;
    const x = (t.annotations.time[a]! - w.from) * scale;
    if (t.annotations.kind[a] !== mark.link && x > end && x < end + room) end = x;
  }
  return end;
}

/** Hollows a bar out where none of the span's children runs, and says so where there is room; lifted over an error's line. */
function drawGap(ctx: Ctx, theme: Theme, [from, to]: Stretch, w: Window, scale: number, width: number, y: number, lifted: boolean): void {
  const x = Math.max((from - w.from) * scale, 0);
  const x2 = Math.min((to - w.from) * scale, width);
  if (x2 - x < 4) return;
  const alpha = ctx.globalAlpha;
  ctx.fillStyle = theme.surface;
  ctx.globalAlpha = alpha * 0.85;
  ctx.fillRect(x + 1, y + 1, x2 - x - 2, barHeight - 2);
  ctx.globalAlpha = alpha;
  if (x2 - x < 84) return;
  ctx.fillStyle = theme.text2;
  ctx.textAlign = 'center';
  ctx.font = `10px ${theme.sans}`;
  ctx.fillText('no spans here', (x + x2) / 2, y + barHeight / 2 - (lifted ? 1.5 : -0.5));
  ctx.textAlign = 'left';
  ctx.font = `11px ${theme.sans}`;
}

/** Writes a length at the side of a bar that has room for it, never inside. */
function label(ctx: Ctx, theme: Theme, text: string, x: number, x2: number, width: number, top: number): void {
  const room = ctx.measureText(text).width + 12;
  if (x2 < 0 || x > width) {
    // Where to pan to find it.
    ctx.fillStyle = theme.text3;
    ctx.fillText(x2 < 0 ? '‹' : '›', x2 < 0 ? 4 : width - 9, top + 12);
    return;
  }
  ctx.fillStyle = theme.text2;
  if (x2 + room < width) ctx.fillText(text, Math.max(x2, 0) + 8, top + 12.5);
  else if (x > room) ctx.fillText(text, x - room + 4, top + 12.5);
}

function drawCritical(
  ctx: Ctx,
  theme: Theme,
  steps: [number, number][] | undefined,
  w: Window,
  scale: number,
  width: number,
  y: number,
): void {
  for (const [from, to] of steps ?? []) {
    const x = Math.max((from - w.from) * scale, 0);
    const x2 = Math.min(Math.max((to - w.from) * scale, x + 1), width);
    if (x2 < 0 || x > width || to < w.from) continue;
    ctx.fillStyle = theme.halo;
    ctx.fillRect(x - 1, y - 1, x2 - x + 2, 4);
    ctx.fillStyle = theme.critical;
    ctx.fillRect(x, y, x2 - x, 2);
  }
}

/** A log line as a square in the colour of its level, an error as a diamond. */
function drawMark(ctx: Ctx, theme: Theme, t: TraceModel, a: number, w: Window, scale: number, width: number, top: number): void {
  const x = (t.annotations.time[a]! - w.from) * scale;
  if (x < -4 || x > width + 4) {
    ctx.fillStyle = theme.text3;
    ctx.fillText(x < 0 ? '‹' : '›', x < 0 ? 4 : width - 9, top + 12);
    return;
  }
  if (t.annotations.kind[a] === mark.log) {
    ctx.fillStyle = theme.levels[levelOf(t.strings[t.annotations.severity[a]!] ?? '')]!;
    ctx.fillRect(x - 3, top + 9, 6, 6);
  } else diamond(ctx, theme, x, top);
}

function diamond(ctx: Ctx, theme: Theme, x: number, top: number): void {
  ctx.fillStyle = theme.error;
  ctx.strokeStyle = theme.surface;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  ctx.moveTo(x, top + 6);
  ctx.lineTo(x + 6, top + 12);
  ctx.lineTo(x, top + 18);
  ctx.lineTo(x - 6, top + 12);
  ctx.closePath();
  ctx.fill();
  ctx.stroke();
}

function drawMarks(ctx: Ctx, theme: Theme, t: TraceModel, i: number, w: Window, scale: number, width: number, top: number): void {
  let drawn = -Infinity;
  for (let k = t.markStart[i]!; k < t.markStart[i + 1]!; k++) {
    const a = t.markList[k]!;
    const kind = t.annotations.kind[a]!;
    if (kind === mark.link) continue; // links have no moment; the row says that there are some
    const x = (t.annotations.time[a]! - w.from) * scale;
    const failed = kind === mark.exception || kind === mark.errorItem;
    if (x < -5 || x > width + 5 || (!failed && Math.abs(x - drawn) < 1)) continue;
    drawn = x;
    if (failed) {
      diamond(ctx, theme, x, top);
      continue;
    }
    ctx.fillStyle = theme.text;
    ctx.strokeStyle = theme.surface;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.arc(x, top + 12, 3, 0, 2 * Math.PI);
    ctx.closePath();
    ctx.fill();
    ctx.stroke();
  }
}

/** Critical stretches by the row that shows, or has folded away, their span. */
export function criticalByRow(t: TraceModel, rows: Rows): Map<number, [number, number][]> {
  const out = new Map<number, [number, number][]>();
  for (const [span, from, to] of t.critical) {
    const row = rows.rowOf[span] ?? -1;
    if (row < 0) continue;
    const list = out.get(row);
    const last = list?.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else if (list) list.push([from, to]);
    else out.set(row, [[from, to]]);
  }
  return out;
}

export function drawAxis(ctx: Ctx, theme: Theme, w: Window, width: number, text: (ns: number) => string): void {
  const scale = width / Math.max(w.to - w.from, 1);
  ctx.font = `11px ${theme.sans}`;
  ctx.textBaseline = 'middle';
  for (const t of ticks(w, width / 110)) {
    const x = Math.round((t - w.from) * scale);
    ctx.fillStyle = theme.line;
    ctx.fillRect(x, 16, 1, 8);
    ctx.fillStyle = theme.text3;
    const name = t === 0 ? '0' : text(t);
    if (x + 6 + ctx.measureText(name).width < width) ctx.fillText(name, x + 5, 12);
  }
}
