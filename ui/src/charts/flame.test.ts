import { expect, test } from 'vitest';

import { traceOf } from './fixture';
import { boxAt, heavyFlame, timeFlame } from './flame';

const spans = `web root 0 100
  db first 10 30
  db second 20 30
    cache inner 22 5
  db third 60 10`;

test('a span that runs while its sibling does goes a level lower', () => {
  const f = timeFlame(traceOf(spans));
  expect([...f.level]).toEqual([0, 1, 2, 3, 1]);
});

test('the boxes of a level stand by their start, whatever order they came in', () => {
  for (const f of [timeFlame(traceOf(spans)), heavyFlame(traceOf(spans))]) {
    expect(f.order.length).toBe(f.count);
    for (let l = 0; l < f.levels; l++) {
      const boxes = [...f.order.subarray(f.levelStart[l], f.levelStart[l + 1])];
      expect(boxes.map((b) => f.level[b])).toEqual(boxes.map(() => l));
      const starts = boxes.map((b) => f.start[b]!);
      expect(starts).toEqual([...starts].sort((a, b) => a - b));
    }
  }
});

test('a box is found by its level and time', () => {
  const t = traceOf(spans);
  const f = timeFlame(t);
  expect(f.span[boxAt(f, 1, f.start[4]!, 0)]).toBe(4);
  expect(boxAt(f, 7, 0, 0)).toBe(-1);
});
