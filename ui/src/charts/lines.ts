// Draws values over time: lines, stacked areas or bars. No React, no reads of the page.
import { share, timeMarks, yMarks, type YScale } from './scale';
import type { Theme } from './theme';

/** What drawing needs of a canvas. */
export type Pen = Pick<
  CanvasRenderingContext2D,
  | 'fillRect'
  | 'beginPath'
  | 'moveTo'
  | 'lineTo'
  | 'stroke'
  | 'fill'
  | 'closePath'
  | 'arc'
  | 'fillText'
  | 'setLineDash'
  | 'save'
  | 'restore'
  | 'rect'
  | 'clip'
> & {
  fillStyle: unknown;
  strokeStyle: unknown;
  lineWidth: number;
  globalAlpha: number;
  font: string;
  textAlign: CanvasTextAlign;
  textBaseline: CanvasTextBaseline;
  lineJoin: CanvasLineJoin;
};

/** The box of a chart on its canvas, and the time that it shows in ns from a common start. */
export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
  total: number;
}

export interface Line {
  id: string;
  color: string;
  values: readonly (number | null)[];
  dashed?: boolean;
}

export interface LinesInput {
  frame: Frame;
  scale: YScale;
  /** Start of the first bucket in ns from the common start, and the length of each. */
  offset: number;
  step: number;
  lines: Line[];
  draw: 'lines' | 'stacked' | 'bars';
  /** Buckets from this one on are not whole yet. */
  partialFrom: number;
  highlight: string | undefined;
}

export function xOf(frame: Frame, ns: number): number {
  return frame.left + (ns / frame.total) * frame.width;
}

export function yOf(frame: Frame, scale: YScale, v: number): number {
  return frame.top + frame.height * (1 - Math.min(Math.max(share(v, scale), -0.05), 1.05));
}

/** Values on top of those of the lines before. */
export function stack(lines: readonly Line[]): { low: number; high: number }[][] {
  const sums: number[] = [];
  return lines.map((l) =>
    l.values.map((v, i) => {
      const low = sums[i] ?? 0;
      const high = low + Math.max(v ?? 0, 0);
      sums[i] = high;
      return { low, high };
    }),
  );
}

/** Gridlines with labels left of the box, and times below it. */
export function drawAxes(
  pen: Pen,
  theme: Theme,
  frame: Frame,
  scale: YScale,
  label: (v: number) => string,
  startMs: number,
  utc: boolean,
  grid = true,
): void {
  pen.font = `11px ${theme.sans}`;
  pen.textAlign = 'right';
  pen.textBaseline = 'middle';
  for (const v of yMarks(scale)) {
    const y = Math.round(yOf(frame, scale, v));
    if (y < frame.top - 1 || y > frame.top + frame.height + 1) continue;
    pen.fillStyle = theme.lineSubtle;
    pen.fillRect(grid ? frame.left : frame.left - 4, y, grid ? frame.width : 4, 1);
    pen.fillStyle = theme.text3;
    pen.fillText(label(v), frame.left - 6, Math.max(y, frame.top + 6));
  }
  pen.textAlign = 'center';
  pen.textBaseline = 'top';
  pen.fillStyle = theme.text3;
  for (const m of timeMarks(startMs, startMs + frame.total / 1e6, frame.width, utc)) {
    const x = xOf(frame, (m.at - startMs) * 1e6);
    if (x < frame.left + 14 || x > frame.left + frame.width - 14) continue;
    pen.fillText(m.label, x, frame.top + frame.height + 5);
  }
}

export function drawLines(pen: Pen, theme: Theme, input: LinesInput): void {
  const { frame } = input;
  pen.save();
  pen.beginPath();
  pen.rect(frame.left, frame.top, frame.width, frame.height + 1);
  pen.clip();
  if (input.draw === 'lines') {
    // The highlighted line lies on top.
    const order = [...input.lines].reverse().sort((a, b) => Number(a.id === input.highlight) - Number(b.id === input.highlight));
    for (const l of order) drawLine(pen, input, l);
  } else drawStacked(pen, input);
  drawPartial(pen, theme, input);
  pen.restore();
}

const alphaOf = (input: LinesInput, id: string): number => (input.highlight === undefined || input.highlight === id ? 1 : 0.25);

/** Side of a point that stands alone. */
const loneSize = 3;

function drawLine(pen: Pen, input: LinesInput, line: Line): void {
  const { frame, scale, offset, step } = input;
  pen.globalAlpha = alphaOf(input, line.id) * (line.dashed ? 0.6 : 1);
  pen.strokeStyle = line.color;
  pen.fillStyle = line.color;
  pen.lineWidth = line.id === input.highlight ? 2.5 : 1.5;
  pen.lineJoin = 'round';
  pen.setLineDash(line.dashed ? [4, 3] : []);
  pen.beginPath();
  const x = (i: number): number => xOf(frame, offset + (i + 0.5) * step);
  let open = false;
  line.values.forEach((v, i) => {
    if (v === null) {
      open = false; // null is a gap, not zero
      return;
    }
    const y = yOf(frame, scale, v);
    if (open) pen.lineTo(x(i), y);
    else if ((line.values[i + 1] ?? null) === null) {
      // A point without neighbours would not be seen as a line.
      pen.fillRect(x(i) - loneSize / 2, y - loneSize / 2, loneSize, loneSize);
    } else pen.moveTo(x(i), y);
    open = true;
  });
  pen.stroke();
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}

function drawStacked(pen: Pen, input: LinesInput): void {
  const { frame, scale, offset, step } = input;
  const layers = stack(input.lines);
  const x = (i: number): number => xOf(frame, offset + i * step);
  input.lines.forEach((line, k) => {
    const layer = layers[k]!;
    pen.globalAlpha = alphaOf(input, line.id);
    pen.fillStyle = line.color;
    if (input.draw === 'bars') {
      const gap = x(1) - x(0) > 4 ? 1 : 0;
      layer.forEach(({ low, high }, i) => {
        if (high <= low) return;
        const y = yOf(frame, scale, high);
        pen.fillRect(x(i), y, Math.max(x(i + 1) - x(i) - gap, 1), Math.max(yOf(frame, scale, low) - y, 1));
      });
    } else if (layer.length > 0) {
      pen.globalAlpha *= 0.75;
      pen.beginPath();
      layer.forEach(({ high }, i) =>
        i === 0 ? pen.moveTo(x(0.5), yOf(frame, scale, high)) : pen.lineTo(x(i + 0.5), yOf(frame, scale, high)),
      );
      for (let i = layer.length - 1; i >= 0; i--) pen.lineTo(x(i + 0.5), yOf(frame, scale, layer[i]!.low));
      pen.closePath();
      pen.fill();
    }
    pen.globalAlpha = 1;
  });
}

/** Hatches the buckets that time has not filled yet. */
function drawPartial(pen: Pen, theme: Theme, { frame, offset, step, partialFrom, lines }: LinesInput): void {
  const buckets = lines[0]?.values.length ?? 0;
  if (partialFrom >= buckets) return;
  const x1 = Math.max(xOf(frame, offset + partialFrom * step), frame.left);
  const x2 = Math.min(xOf(frame, offset + buckets * step), frame.left + frame.width);
  if (x2 <= x1) return;
  pen.save();
  pen.beginPath();
  pen.rect(x1, frame.top, x2 - x1, frame.height);
  pen.clip();
  pen.strokeStyle = theme.text3;
  pen.globalAlpha = 0.35;
  pen.lineWidth = 1;
  pen.beginPath();
  for (let x = x1 - frame.height; x < x2; x += 5) {
    pen.moveTo(x, frame.top + frame.height);
    pen.lineTo(x + frame.height, frame.top);
  }
  pen.stroke();
  pen.restore();
}

/** The line nearest to a place, and how far it is; for stacks the layer that holds it. */
export function nearest(input: LinesInput, x: number, y: number): { id: string; bucket: number; distance: number } | undefined {
  const { frame, scale, offset, step, lines } = input;
  const ns = ((x - frame.left) / frame.width) * frame.total;
  const buckets = lines[0]?.values.length ?? 0;
  const bucket = Math.floor((ns - offset) / step);
  if (bucket < 0 || bucket >= buckets) return undefined;
  let best: { id: string; bucket: number; distance: number } | undefined;
  const layers = input.draw === 'lines' ? undefined : stack(lines);
  lines.forEach((l, k) => {
    const v = l.values[bucket] ?? null;
    if (v === null || l.dashed) return;
    const layer = layers?.[k]?.[bucket];
    let distance: number;
    if (layer) {
      const [top, bottom] = [yOf(frame, scale, layer.high), yOf(frame, scale, layer.low)];
      distance = y >= top && y <= bottom ? 0 : Math.min(Math.abs(y - top), Math.abs(y - bottom));
    } else distance = Math.abs(y - yOf(frame, scale, v));
    if (!best || distance < best.distance) best = { id: l.id, bucket, distance };
  });
  return best;
}
