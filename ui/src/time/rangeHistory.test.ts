import { expect, it } from 'vitest';

import { RangeHistory } from './rangeHistory';

const r = (n: number) => ({ from: `now-${n}h`, to: 'now' });

it('goes back and forth over the exact ranges', () => {
  const h = new RangeHistory();
  for (const n of [1, 2, 3]) h.visit(r(n));
  h.visit(r(3)); // shown again, not a change
  expect([h.undo(), h.undo(), h.undo()]).toEqual([r(2), r(1), undefined]);
  expect(h.canUndo()).toBe(false);
  expect([h.redo(), h.redo(), h.redo()]).toEqual([r(2), r(3), undefined]);
});

it('forgets what was undone when another range is taken', () => {
  const h = new RangeHistory();
  for (const n of [1, 2, 3]) h.visit(r(n));
  h.undo();
  h.visit(r(9));
  expect(h.redo()).toBeUndefined();
  expect(h.undo()).toEqual(r(2));
});

it('keeps fifty and offers the last ones once each', () => {
  const h = new RangeHistory();
  for (let n = 0; n < 80; n++) h.visit(r(n));
  let steps = 0;
  while (h.undo()) steps++;
  expect(steps).toBe(49);
  for (const n of [5, 6, 5, 7]) h.visit(r(n));
  expect(h.recent(2)).toEqual([r(5), r(6)]);
});
