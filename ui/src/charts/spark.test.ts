import { expect, test } from 'vitest';

import { record, testTheme } from './record';
import { drawSparks, type Spark } from './spark';

const spark = (c: Partial<Spark>): Spark => ({
  x: 10,
  width: 100,
  now: new Float32Array([0, 5, 10]),
  before: undefined,
  least: 0,
  kind: 'line',
  gaps: false,
  ...c,
});

const points = (pen: ReturnType<typeof record>, stroke: string): unknown[] =>
  pen.calls.filter((c) => c.stroke === stroke && (c.name === 'moveTo' || c.name === 'lineTo')).map((c) => [c.name, ...c.args]);

test('a line spans its place, the largest value at its top', () => {
  const pen = record();
  drawSparks(pen, testTheme, [spark({})], [], 32);
  expect(points(pen, 'accent')).toEqual([
    ['moveTo', 10, 27],
    ['lineTo', 60, 16],
    ['lineTo', 110, 5],
  ]);
});

test('what is compared with is grey, on the same scale', () => {
  const pen = record();
  drawSparks(pen, testTheme, [spark({ before: new Float32Array([20, 20, 20]) })], [], 32);
  expect(points(pen, 'lineControl')[0]).toEqual(['moveTo', 10, 5]);
  expect(points(pen, 'accent')[2]).toEqual(['lineTo', 110, 16]);
});

test('nothing at a point is a gap where it is no zero', () => {
  const pen = record();
  drawSparks(pen, testTheme, [spark({ now: new Float32Array([4, 0, 4, 4]), gaps: true })], [], 32);
  expect(points(pen, 'accent').map((p) => (p as string[])[0])).toEqual(['moveTo', 'lineTo', 'moveTo', 'lineTo']);
});

test('bars are red, none where nothing failed, and small against the least scale', () => {
  const pen = record();
  drawSparks(pen, testTheme, [spark({ kind: 'bars', now: new Float32Array([0, 0.01, 0]), least: 0.05 })], [], 32);
  const bars = pen.calls.filter((c) => c.name === 'fillRect' && c.fill === 'error');
  expect(bars).toHaveLength(1);
  expect(Number(bars[0]!.args[3])).toBeLessThan(5);
});

test('each chart has the tick of a deploy', () => {
  const pen = record();
  drawSparks(pen, testTheme, [spark({}), spark({ x: 200 })], [0.5], 32);
  expect(pen.calls.filter((c) => c.fill === 'text3' && c.args[2] === 1).map((c) => c.args[0])).toEqual([60, 250]);
});
