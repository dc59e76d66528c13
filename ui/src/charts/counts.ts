import { drawAxes, drawLines, type Frame } from './lines';
import { scaleOf, valueLabel } from './scale';
import type { Theme } from './theme';

interface Counts {
  values: readonly (number | null)[];
  /** Of a value, in ns. */
  step: number;
  startMs: number;
  utc: boolean;
  /** From which value on time has not passed yet. */
  partialFrom: number;
}

/** Draws how often something was, over time: bars with whole numbers at the axis. */
export function drawCounts(ctx: CanvasRenderingContext2D, theme: Theme, frame: Frame, c: Counts): void {
  const scale = scaleOf(0, Math.max(...c.values.map((v) => v ?? 0), 2), false, 1);
  drawAxes(ctx, theme, frame, scale, (v) => valueLabel(v, 'count'), c.startMs, c.utc);
  drawLines(ctx, theme, {
    frame,
    scale,
    offset: 0,
    step: c.step,
    lines: [{ id: 'n', color: theme.accent, values: c.values }],
    draw: 'bars',
    partialFrom: c.partialFrom,
    highlight: undefined,
  });
}
