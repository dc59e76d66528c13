// Draws counts by time (across) and value (up), with what is picked in amber. No React, no reads of the page.
import { shadeOf } from './draw';
import { xOf, type Frame, type Pen } from './lines';
import { share, valueAt, type YScale } from './scale';
import type { Theme } from './theme';

/** Counts time by time, each from the lowest bin up. */
export interface Grid {
  counts: readonly number[];
  count: number;
  bins: number;
  /** Start of the first column in ns from the common start, and the length of each. */
  offset: number;
  step: number;
}

/** A block of cells, ends included. */
export interface Block {
  t0: number;
  t1: number;
  b0: number;
  b1: number;
}

/** The same counts in fewer columns, so that each is wide enough to be seen. */
export function mergeColumns(grid: Grid, most: number): Grid {
  const factor = Math.ceil(grid.count / Math.max(most, 1));
  if (factor <= 1) return grid;
  const count = Math.ceil(grid.count / factor);
  const counts = new Array<number>(count * grid.bins).fill(0);
  for (let t = 0; t < grid.count; t++) {
    const into = Math.floor(t / factor) * grid.bins;
    for (let b = 0; b < grid.bins; b++) counts[into + b]! += grid.counts[t * grid.bins + b]!;
  }
  return { counts, count, bins: grid.bins, offset: grid.offset, step: grid.step * factor };
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Where a block lies on the canvas, cut to the frame. */
export function boxOf(frame: Frame, grid: Grid, k: Block): Box {
  const clip = (x: number): number => Math.min(Math.max(x, frame.left), frame.left + frame.width);
  const x = clip(xOf(frame, grid.offset + k.t0 * grid.step));
  const x2 = clip(xOf(frame, grid.offset + (k.t1 + 1) * grid.step));
  const cell = frame.height / grid.bins;
  return { x, y: frame.top + frame.height - (k.b1 + 1) * cell, width: x2 - x, height: (k.b1 - k.b0 + 1) * cell };
}

/** The cell at a place; places outside are moved to the nearest one. */
export function cellAt(frame: Frame, grid: Grid, x: number, y: number): { t: number; b: number } {
  const ns = ((x - frame.left) / frame.width) * frame.total;
  const within = (n: number, most: number): number => Math.min(Math.max(n, 0), most);
  return {
    t: within(Math.floor((ns - grid.offset) / grid.step), grid.count - 1),
    b: within(Math.floor(((frame.top + frame.height - y) / frame.height) * grid.bins), grid.bins - 1),
  };
}

export function blockOf(a: { t: number; b: number }, c: { t: number; b: number }): Block {
  return { t0: Math.min(a.t, c.t), t1: Math.max(a.t, c.t), b0: Math.min(a.b, c.b), b1: Math.max(a.b, c.b) };
}

/** Times in ns from the common start, and values; at the edges of the map there is no bound. */
export interface Bounds {
  from: number;
  to: number;
  min: number;
  max: number;
}

export function boundsOf(grid: Grid, scale: YScale, k: Block): Bounds {
  return {
    from: grid.offset + k.t0 * grid.step,
    to: grid.offset + (k.t1 + 1) * grid.step,
    min: k.b0 === 0 ? -Infinity : valueAt(k.b0 / grid.bins, scale),
    max: k.b1 === grid.bins - 1 ? Infinity : valueAt((k.b1 + 1) / grid.bins, scale),
  };
}

/** The block whose cells have their middle inside the bounds; undefined if there is none. */
export function blockWithin(grid: Grid, scale: YScale, w: Bounds): Block | undefined {
  const t0 = Math.max(Math.ceil((w.from - grid.offset) / grid.step - 0.5), 0);
  const t1 = Math.min(Math.ceil((w.to - grid.offset) / grid.step - 0.5) - 1, grid.count - 1);
  const bin = (v: number): number =>
    v === -Infinity ? 0 : v === Infinity ? grid.bins : v <= 0 && scale.log ? 0 : Math.round(share(v, scale) * grid.bins);
  const b0 = Math.max(bin(w.min), 0);
  const b1 = Math.min(bin(w.max), grid.bins) - 1;
  return t0 <= t1 && b0 <= b1 ? { t0, t1, b0, b1 } : undefined;
}

export function contains(k: Block, t: number, b: number): boolean {
  return t >= k.t0 && t <= k.t1 && b >= k.b0 && b <= k.b1;
}

/** Events in any of the blocks. */
export function countIn(grid: Grid, blocks: readonly Block[]): number {
  let n = 0;
  for (let t = 0; t < grid.count; t++) {
    for (let b = 0; b < grid.bins; b++) if (blocks.some((k) => contains(k, t, b))) n += grid.counts[t * grid.bins + b]!;
  }
  return n;
}

export interface HeatmapInput {
  frame: Frame;
  grid: Grid;
  /** Cells of one group in the same grid: they alone keep their colour. */
  group?: Grid;
  picked: readonly Block[];
  /** Cells that the keyboard stands on. */
  cursor: Block | undefined;
  /** Width right of the frame for the distribution; 0 leaves it out. */
  side: number;
  /** Column under the pointer. */
  column: number | undefined;
}

export function drawHeatmap(pen: Pen & Pick<CanvasRenderingContext2D, 'strokeRect'>, theme: Theme, input: HeatmapInput): void {
  const { frame, grid, picked } = input;
  const of = input.group ?? grid;
  const most = of.counts.reduce((a, b) => Math.max(a, b), 0);
  pen.fillStyle = theme.sunken;
  pen.fillRect(frame.left, frame.top, frame.width, frame.height);
  for (let t = 0; t < grid.count; t++) {
    const column = boxOf(frame, grid, { t0: t, t1: t, b0: 0, b1: 0 });
    if (column.width <= 0) continue;
    const [x, width] = [Math.round(column.x), Math.max(Math.round(column.x + column.width) - Math.round(column.x), 1)];
    for (let b = 0; b < grid.bins; b++) {
      const n = of.counts[t * grid.bins + b]!;
      // What is of other groups stays as a shadow, so that the shape of the whole is still seen.
      if (n <= 0 && grid.counts[t * grid.bins + b]! <= 0) continue;
      const ramp = picked.some((k) => contains(k, t, b)) ? theme.pickRamp : theme.heat;
      pen.fillStyle = n <= 0 ? theme.line : ramp[shadeOf(n, most, ramp.length)]!;
      const y = Math.round(frame.top + frame.height - ((b + 1) * frame.height) / grid.bins);
      const y2 = Math.round(frame.top + frame.height - (b * frame.height) / grid.bins);
      pen.fillRect(x, y, width, y2 - y);
    }
  }
  pen.lineWidth = 1.5;
  pen.strokeStyle = theme.pick;
  for (const k of picked) outline(pen, boxOf(frame, grid, k));
  if (input.cursor) {
    pen.strokeStyle = theme.text;
    outline(pen, boxOf(frame, grid, input.cursor));
  }
  if (input.side > 0) drawSide(pen, theme, input);
}

function outline(pen: Pick<CanvasRenderingContext2D, 'strokeRect'>, b: Box): void {
  pen.strokeRect(b.x + 0.5, b.y + 0.5, Math.max(b.width - 1, 1), Math.max(b.height - 1, 1));
}

/** The distribution of values over all columns, and over the one under the pointer. */
function drawSide(pen: Pen, theme: Theme, { frame, grid: all, group, side, column }: HeatmapInput): void {
  const grid = group ?? all;
  const sums = new Array<number>(grid.bins).fill(0);
  for (let t = 0; t < grid.count; t++) for (let b = 0; b < grid.bins; b++) sums[b]! += grid.counts[t * grid.bins + b]!;
  const bars = (counts: readonly number[], color: string): void => {
    const most = counts.reduce((a, b) => Math.max(a, b), 0);
    pen.fillStyle = color;
    counts.forEach((n, b) => {
      if (n <= 0) return;
      const y = frame.top + frame.height - ((b + 1) * frame.height) / grid.bins;
      pen.fillRect(frame.left + frame.width + 6, y, Math.max((n / most) * (side - 8), 1), Math.max(frame.height / grid.bins - 0.5, 1));
    });
  };
  bars(sums, theme.line);
  if (column !== undefined) bars(grid.counts.slice(column * grid.bins, (column + 1) * grid.bins), theme.accent);
}

/** Which edges of a box a place touches, to be dragged. */
export function edgeAt(
  box: Box,
  x: number,
  y: number,
  reach = 5,
): { left: boolean; right: boolean; top: boolean; bottom: boolean } | undefined {
  if (x < box.x - reach || x > box.x + box.width + reach || y < box.y - reach || y > box.y + box.height + reach) return undefined;
  const e = {
    left: Math.abs(x - box.x) <= reach,
    right: Math.abs(x - box.x - box.width) <= reach,
    top: Math.abs(y - box.y) <= reach,
    bottom: Math.abs(y - box.y - box.height) <= reach,
  };
  return e.left || e.right || e.top || e.bottom ? e : undefined;
}
