// Counts in columns, of one or two sets, with a part of them picked. No React,
// no reads of the page.
import { tick } from './figures';
import { drawAxes, type Pen } from './lines';
import { drawMarkers, type Marker } from './markers';
import { scaleOf, valueLabel } from './scale';
import type { Theme } from './theme';

export interface BrushBarsInput {
  /** One or two sets of counts; the second is drawn as steps before the first. */
  sets: readonly (readonly number[])[];
  /** Each set as shares of its own whole, so that sets of different size compare. */
  relative: boolean;
  /** Shares of the width that are picked. */
  pick: readonly [number, number] | undefined;
  /** Labels along the bottom, by share of the width. */
  marks: readonly { at: number; label: string }[];
  /** Deploys and the like, where the width is time: in shares of it. */
  markers: readonly Marker[];
  width: number;
  height: number;
}

export const plot = { left: 44, top: 6, right: 4, bottom: 20 };

export function drawBrushBars(pen: Pen, theme: Theme, input: BrushBarsInput): void {
  const { sets, pick, width, height } = input;
  const box = {
    left: plot.left,
    top: plot.top,
    width: Math.max(width - plot.left - plot.right, 1),
    height: height - plot.top - plot.bottom,
  };
  const values = sets.map((s) => (input.relative ? ofWhole(s) : s));
  const most = values.reduce((m, s) => s.reduce((a, b) => Math.max(a, b), m), 0);
  const scale = scaleOf(0, most, false, 1);
  const label = (v: number): string => (input.relative ? `${valueLabel(v * 100, 'count')}\u2009%` : valueLabel(v, 'count'));
  drawAxes(pen, theme, { ...box, total: 1 }, scale, (v) => tick(label(v)), 0, true);
  const y = (v: number): number => box.top + box.height * (1 - v / scale.max);
  const inside = (at: number): boolean => pick !== undefined && at >= pick[0] && at <= pick[1];
  const [first, second] = values;
  const step = box.width / Math.max(first?.length ?? 1, 1);
  first?.forEach((v, i) => {
    if (v <= 0) return;
    const middle = (i + 0.5) / first.length;
    pen.fillStyle = inside(middle) ? theme.pick : theme.accent;
    pen.globalAlpha = second ? 0.5 : pick && !inside(middle) ? 0.45 : 0.85;
    const top = Math.min(y(v), box.top + box.height - 1.5);
    pen.fillRect(box.left + i * step, top, Math.max(step - (step > 3 ? 1 : 0), 1), box.top + box.height - top);
  });
  pen.globalAlpha = 1;
  if (second) steps(pen, theme.pick, second, box.left, step, y);
  drawMarkers(pen, theme, { ...box, total: 1 }, input.markers);
  pen.font = `11px ${theme.sans}`;
  pen.textAlign = 'center';
  pen.textBaseline = 'top';
  pen.fillStyle = theme.text3;
  let end = -Infinity;
  for (const m of input.marks) {
    const x = box.left + m.at * box.width;
    const half = m.label.length * 3.2;
    if (x - half < Math.max(end + 6, box.left - 8) || x + half > width) continue;
    pen.fillText(m.label, x, box.top + box.height + 5);
    end = x + half;
  }
}

function steps(pen: Pen, color: string, values: readonly number[], left: number, step: number, y: (v: number) => number): void {
  pen.strokeStyle = color;
  pen.lineWidth = 1.5;
  pen.lineJoin = 'round';
  pen.beginPath();
  values.forEach((v, i) => {
    if (i === 0) pen.moveTo(left, y(v));
    else pen.lineTo(left + i * step, y(v));
    pen.lineTo(left + (i + 1) * step, y(v));
  });
  pen.stroke();
}

function ofWhole(counts: readonly number[]): number[] {
  const sum = counts.reduce((a, b) => a + b, 0);
  return counts.map((n) => (sum > 0 ? n / sum : 0));
}

/** Round lengths between two, as marks on a logarithmic axis. */
export function logMarks(min: number, max: number): { at: number; value: number }[] {
  const out: { at: number; value: number }[] = [];
  if (!(max > min) || min <= 0) return out;
  const few = Math.log10(max / min) < 2;
  for (let p = Math.floor(Math.log10(min)); 10 ** p <= max; p++) {
    for (const m of few ? [1, 2, 5] : [1]) {
      const value = m * 10 ** p;
      if (value >= min && value <= max) out.push({ at: Math.log(value / min) / Math.log(max / min), value });
    }
  }
  return out;
}

/** A pick moved or grown by keys, held within the whole; undefined ends it. */
export function nudge(
  pick: readonly [number, number] | undefined,
  key: string,
  shift: boolean,
  step: number,
): [number, number] | undefined {
  const by = key === 'ArrowLeft' ? -step : step;
  if (!pick) return by > 0 ? [0, step] : [1 - step, 1];
  const [from, to] = pick;
  if (shift) return [from, Math.min(Math.max(to + by, from + step), 1)];
  const length = to - from;
  const start = Math.min(Math.max(from + by, 0), 1 - length);
  return [start, start + length];
}
