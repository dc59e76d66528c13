// Small charts of a row of figures, one canvas for all of a row: drawn from typed
// arrays, one point for each step. No React, no reads of the page.
import type { Theme } from './theme';

export interface Spark {
  /** Where it stands in the row. */
  x: number;
  width: number;
  now: Float32Array;
  /** The same time a day or a week earlier. */
  before: Float32Array | undefined;
  /** The scale reaches at least this far, so that next to nothing doesn't look like much. */
  least: number;
  kind: 'line' | 'bars';
  /** Nothing at a point is a gap, not zero. */
  gaps: boolean;
}

type Pen = Pick<CanvasRenderingContext2D, 'beginPath' | 'moveTo' | 'lineTo' | 'stroke' | 'fill' | 'fillRect' | 'closePath'> & {
  strokeStyle: unknown;
  fillStyle: unknown;
  lineWidth: number;
  globalAlpha: number;
};

function most(a: Float32Array | undefined, least: number): number {
  let m = least;
  if (a) for (const v of a) if (v > m) m = v;
  return m;
}

/** Draws the small charts of a row, and a tick in each for a deploy (a share of the width). */
export function drawSparks(pen: Pen, theme: Theme, sparks: readonly Spark[], ticks: readonly number[], height: number): void {
  for (const s of sparks) {
    const high = most(s.before, most(s.now, s.least));
    const top = 5;
    const bottom = height - 5;
    pen.globalAlpha = 1;
    pen.fillStyle = theme.lineSubtle;
    pen.fillRect(s.x, bottom, s.width, 1);
    for (const t of ticks) {
      const x = Math.round(s.x + t * s.width);
      pen.fillStyle = theme.text3;
      pen.globalAlpha = 0.7;
      pen.fillRect(x, top - 2, 1, bottom - top + 2);
      pen.fillRect(x - 1, top - 2, 3, 2);
      pen.globalAlpha = 1;
    }
    if (high <= 0) continue;
    const y = (v: number): number => bottom - (v / high) * (bottom - top);
    if (s.before) stroke(pen, s, s.before, y, theme.lineControl, 1);
    if (s.kind === 'bars') {
      pen.fillStyle = theme.error;
      const step = s.width / s.now.length;
      for (let i = 0; i < s.now.length; i++) {
        const v = s.now[i]!;
        if (v > 0) pen.fillRect(s.x + i * step, Math.min(y(v), bottom - 1.5), Math.max(step - 0.5, 1), Math.max(bottom - y(v), 1.5));
      }
    } else {
      stroke(pen, s, s.now, y, theme.accent, 1.25);
    }
  }
}

function stroke(pen: Pen, s: Spark, values: Float32Array, y: (v: number) => number, color: string, width: number): void {
  pen.strokeStyle = color;
  pen.lineWidth = width;
  pen.beginPath();
  const step = s.width / Math.max(values.length - 1, 1);
  let down = false;
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!;
    if (s.gaps && v <= 0) {
      down = false;
      continue;
    }
    const x = s.x + i * step;
    if (down) pen.lineTo(x, y(v));
    else {
      pen.moveTo(x, y(v));
      // A point between two gaps is seen, too.
      if (s.gaps && !(values[i + 1]! > 0)) pen.lineTo(x + 1, y(v));
    }
    down = true;
  }
  pen.stroke();
}
