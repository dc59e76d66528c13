import { describe, expect, it } from 'vitest';

import { onto } from './heatOnto';
import type { HeatmapData } from './result';

const map = (part: Partial<HeatmapData>): HeatmapData => ({
  calc: 'HEATMAP(x)',
  column: 'x',
  start: '1000',
  step: 10,
  count: 2,
  scale: 'linear',
  min: 0,
  max: 100,
  bins: 4,
  counts: [],
  ...part,
});

describe('a heatmap in the cells of another', () => {
  it('is the same where both have the same cells', () => {
    const counts = [1, 0, 2, 0, 0, 3, 0, 4];
    const grid = onto(map({ counts }), map({ counts }), '1000');
    expect(grid).toEqual({ counts, count: 2, bins: 4, step: 10, offset: 0 });
  });
  it('keeps every event, and puts it where its value and time are', () => {
    // From 50 to 100 in four bins, and one column later.
    const part = map({ start: '1010', count: 1, min: 50, max: 100, counts: [1, 2, 3, 4] });
    expect(onto(map({}), part, '990').counts).toEqual([0, 0, 0, 0, 0, 0, 3, 7]);
    expect(onto(map({}), part, '990').offset).toBe(10);
  });
  it('leaves out what lies outside of the time', () => {
    expect(onto(map({}), map({ start: '900', counts: [1, 1, 1, 1, 1, 1, 1, 1] }), '1000').counts).toEqual(new Array(8).fill(0));
  });
});
