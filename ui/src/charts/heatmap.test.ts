import { describe, expect, it } from 'vitest';

import {
  blockOf,
  blockWithin,
  boundsOf,
  boxOf,
  cellAt,
  countIn,
  drawHeatmap,
  edgeAt,
  mergeColumns,
  type Block,
  type Grid,
} from './heatmap';
import type { Frame } from './lines';
import { record, testTheme } from './record';

const frame: Frame = { left: 50, top: 10, width: 400, height: 100, total: 4000 };
const grid: Grid = { counts: [1, 0, 2, 0, 0, 0, 0, 9, 3, 3, 3, 3, 0, 0, 0, 0], count: 4, bins: 4, offset: 0, step: 1000 };
const log = { log: true, min: 1, max: 10_000 };

describe('cells', () => {
  it('are found where they are drawn', () => {
    for (let t = 0; t < 4; t++)
      for (let b = 0; b < 4; b++) {
        const box = boxOf(frame, grid, { t0: t, t1: t, b0: b, b1: b });
        expect(cellAt(frame, grid, box.x + box.width / 2, box.y + box.height / 2)).toEqual({ t, b });
      }
    expect(cellAt(frame, grid, 0, 500)).toEqual({ t: 0, b: 0 });
    expect(cellAt(frame, grid, 9999, -5)).toEqual({ t: 3, b: 3 });
  });
  it.each<Block>([
    { t0: 1, t1: 2, b0: 1, b1: 2 },
    { t0: 0, t1: 3, b0: 0, b1: 3 },
    { t0: 3, t1: 3, b0: 3, b1: 3 },
  ])('come back from their bounds: %o', (k) => expect(blockWithin(grid, log, boundsOf(grid, log, k))).toEqual(k));
  it('have values by their scale, and none at the edges of the map', () => {
    expect(boundsOf(grid, log, { t0: 1, t1: 2, b0: 1, b1: 2 })).toEqual({ from: 1000, to: 3000, min: 10, max: 1000 });
    expect(boundsOf(grid, log, { t0: 0, t1: 0, b0: 0, b1: 3 })).toMatchObject({ min: -Infinity, max: Infinity });
    const linear = { log: false, min: -10, max: 30 };
    expect(boundsOf(grid, linear, { t0: 0, t1: 0, b0: 1, b1: 1 })).toMatchObject({ min: 0, max: 10 });
    expect(blockWithin(grid, log, { from: 9000, to: 9500, min: 1, max: 2 })).toBeUndefined();
  });
  it('are counted once where blocks overlap', () => {
    expect(countIn(grid, [blockOf({ t: 2, b: 3 }, { t: 1, b: 2 })])).toBe(15);
    expect(
      countIn(grid, [
        { t0: 1, t1: 1, b0: 3, b1: 3 },
        { t0: 1, t1: 2, b0: 3, b1: 3 },
      ]),
    ).toBe(12);
  });
  it('join into wider columns', () => {
    const m = mergeColumns(grid, 2);
    expect(m).toMatchObject({ count: 2, step: 2000, bins: 4 });
    expect(m.counts).toEqual([1, 0, 2, 9, 3, 3, 3, 3]);
    expect(mergeColumns(grid, 4)).toBe(grid);
  });
});

describe('drawing', () => {
  it('leaves empty cells out and paints the picked ones in amber', () => {
    const pen = record();
    drawHeatmap(pen, testTheme, { frame, grid, picked: [{ t0: 2, t1: 2, b0: 0, b1: 1 }], cursor: undefined, side: 0, column: undefined });
    const fills = pen.calls.filter((c) => c.name === 'fillRect').slice(1);
    expect(fills).toHaveLength(7);
    expect(fills.filter((c) => testTheme.pickRamp.includes(c.fill))).toHaveLength(2);
    const [most] = fills.filter((c) => c.fill === testTheme.heat.at(-1));
    expect(most?.args[0]).toBe(150);
    expect(pen.calls.filter((c) => c.name === 'strokeRect')).toHaveLength(1);
  });
  it('keeps the colour of one group, and the others as a shadow', () => {
    const pen = record();
    const group = { ...grid, counts: grid.counts.map((n) => (n === 9 ? 2 : 0)) };
    drawHeatmap(pen, testTheme, { frame, grid, group, picked: [], cursor: undefined, side: 0, column: undefined });
    const fills = pen.calls.filter((c) => c.name === 'fillRect').slice(1);
    expect(fills).toHaveLength(7);
    expect(fills.filter((c) => testTheme.heat.includes(c.fill)).map((c) => [c.args[0], c.fill])).toEqual([[150, testTheme.heat.at(-1)]]);
  });
  it('draws the distribution beside it', () => {
    const pen = record();
    drawHeatmap(pen, testTheme, { frame, grid, picked: [], cursor: undefined, side: 50, column: 1 });
    expect(pen.calls.filter((c) => c.name === 'fillRect' && Number(c.args[0]) > 450)).toHaveLength(4 + 1);
  });
});

it('finds the edges that can be dragged', () => {
  const box = { x: 100, y: 20, width: 50, height: 40 };
  expect(edgeAt(box, 101, 40)).toEqual({ left: true, right: false, top: false, bottom: false });
  expect(edgeAt(box, 149, 61)).toEqual({ left: false, right: true, top: false, bottom: true });
  expect(edgeAt(box, 125, 40)).toBeUndefined();
  expect(edgeAt(box, 300, 40)).toBeUndefined();
});
