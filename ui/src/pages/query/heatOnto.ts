// The counts of one heatmap in the cells of another.
import type { Grid } from '../../charts/heatmap';
import { share, valueAt, type YScale } from '../../charts/scale';
import type { HeatmapData } from './result';

const scaleOf = (h: HeatmapData): YScale => ({ log: h.scale === 'log', min: h.min, max: h.max > h.min ? h.max : h.min + 1 });

/** Each cell goes to where its middle lies; a group's map has bounds and steps of its own. */
export function onto(base: HeatmapData, h: HeatmapData, start: string): Grid {
  const counts = new Array<number>(base.count * base.bins).fill(0);
  const [from, to] = [scaleOf(h), scaleOf(base)];
  const ahead = Number(BigInt(h.start) - BigInt(base.start));
  const bins = Array.from({ length: h.bins }, (_, b) => {
    const at = Math.floor(share(valueAt((b + 0.5) / h.bins, from), to) * base.bins);
    return Math.min(Math.max(at, 0), base.bins - 1);
  });
  for (let t = 0; t < h.count; t++) {
    const column = Math.floor((ahead + (t + 0.5) * h.step) / base.step);
    if (column < 0 || column >= base.count) continue;
    for (let b = 0; b < h.bins; b++) counts[column * base.bins + bins[b]!]! += h.counts[t * h.bins + b] ?? 0;
  }
  return { counts, count: base.count, bins: base.bins, step: base.step, offset: Number(BigInt(base.start) - BigInt(start)) };
}
