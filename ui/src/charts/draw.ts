// Drawing small charts from plain arrays. No React, no reads of the page.
import type { Theme } from './theme';

export interface HeatInput {
  counts: number[];
  count: number;
  bins: number;
  width: number;
  height: number;
}

/** The shade of a count: by its logarithm, and never so faint that one trace is missed. */
export function shadeOf(n: number, most: number, shades: number): number {
  const least = Math.min(2, shades - 1);
  if (most <= 1) return Math.min(4, shades - 1);
  return least + Math.round((Math.log(n) / Math.log(most)) * (shades - 1 - least));
}

/** Draws counts by time (across) and bin (up). */
export function drawHeat(ctx: Pick<CanvasRenderingContext2D, 'fillRect'> & { fillStyle: unknown }, theme: Theme, h: HeatInput): void {
  const most = h.counts.reduce((a, b) => Math.max(a, b), 0);
  if (most === 0) return;
  const w = h.width / h.count;
  const cell = h.height / h.bins;
  for (let t = 0; t < h.count; t++) {
    for (let b = 0; b < h.bins; b++) {
      const n = h.counts[t * h.bins + b]!;
      if (n <= 0) continue;
      ctx.fillStyle = theme.heat[shadeOf(n, most, theme.heat.length)]!;
      ctx.fillRect(t * w, h.height - (b + 1) * cell, Math.max(w - 0.5, 1.5), Math.max(cell - 0.3, 1.5));
    }
  }
}

/** Draws a row of small columns, the last at the right edge. */
export function drawSpark(
  ctx: Pick<CanvasRenderingContext2D, 'fillRect'> & { fillStyle: unknown },
  color: string,
  values: number[],
  width: number,
  height: number,
): void {
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  if (most <= 0) return;
  const step = width / values.length;
  ctx.fillStyle = color;
  values.forEach((v, i) => {
    const h = v > 0 ? Math.max((v / most) * height, 1.5) : 0;
    ctx.fillRect(i * step, height - h, Math.max(step - 1, 1), h);
  });
}
