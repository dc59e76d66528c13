// Draws two distributions of one field over each other. No React, no reads of the page.
import type { Pen } from './lines';
import type { Theme } from './theme';

export interface Pair {
  selection: readonly number[];
  baseline: readonly number[];
  width: number;
  height: number;
}

/** Shares of the whole, so that sides of different size compare. */
export function shares(counts: readonly number[]): number[] {
  const sum = counts.reduce((a, b) => a + b, 0);
  return counts.map((n) => (sum > 0 ? n / sum : 0));
}

/** The baseline as blue columns behind, the selection as amber steps before. */
export function drawPair(
  pen: Pick<Pen, 'fillRect' | 'fillStyle' | 'globalAlpha'>,
  theme: Theme,
  { selection, baseline, width, height }: Pair,
): void {
  const [a, b] = [shares(selection), shares(baseline)];
  const bins = Math.max(a.length, b.length);
  const most = Math.max(...a, ...b, 0);
  if (bins === 0 || most === 0) return;
  const step = width / bins;
  const columns = (list: number[], color: string, inset: number, alpha: number): void => {
    pen.fillStyle = color;
    pen.globalAlpha = alpha;
    list.forEach((v, i) => {
      if (v <= 0) return;
      const h = Math.max((v / most) * (height - 2), 1);
      pen.fillRect(i * step + inset * step, height - h, Math.max(step * (1 - 2 * inset) - 0.5, 1), h);
    });
    pen.globalAlpha = 1;
  };
  columns(b, theme.accent, 0, 0.55);
  columns(a, theme.pick, 0.25, 0.95);
  pen.fillStyle = theme.line;
  pen.fillRect(0, height - 1, width, 1);
}
