import { describe, expect, it } from 'vitest';

import { askSpan, dragged, drawRail, gripAt, railSpan, untilNow } from './rail';
import { record, testTheme } from './record';

describe('what the rail shows', () => {
  it('has a past range in its middle', () => expect(railSpan([1000, 2000], 9000)).toEqual([0, 3000]));
  it('shows hardly anything of the future', () => {
    const [from, to] = railSpan([8000, 9000], 9000);
    expect([to, to - from]).toEqual([9040, 3000]);
  });
});

it('asks for the same stretch while the range moves a little', () => {
  const asked = askSpan([100_000, 148_000]);
  expect(askSpan([101_000, 149_000])).toEqual(asked);
  expect(asked[0]).toBeLessThanOrEqual(100_000);
  expect(asked[1]).toBeGreaterThanOrEqual(149_000);
  expect(asked[1] - asked[0]).toBeLessThan(48_000 * 2);
});

it.each([
  [98, 'from'],
  [204, 'to'],
  [150, 'move'],
  [20, 'new'],
  [300, 'new'],
])('a press at %d takes hold of %s', (x, grip) => expect(gripAt(x, 100, 200)).toBe(grip));

it.each([
  ['new', [40, 90]],
  ['new', [90, 40]],
  ['move', [60, 110]],
  ['from', [50, 10]],
  ['to', [60, 25]],
] as const)('a drag of %s over %j', (grip, [a, b]) => {
  const want = { new: [40, 90], move: [150, 250], from: [10, 200], to: [25, 100] }[grip];
  expect(dragged(grip, [100, 200], a, b)).toEqual(want);
});

it.each([
  [[10, 20], true, [10, 20]],
  [[95, 115], true, [80, 100]],
  [[95, 115], false, [95, 100]],
  [[110, 115], false, [100, 100]],
] as const)('keeps %j out of the future', (span, whole, want) => expect(untilNow(span, 100, whole)).toEqual(want));

it('has deploys where their time is, and none beside it', () => {
  const pen = record();
  const at = (from: number): { id: string; from: number; to: number; label: string; color: string } => ({
    id: String(from),
    from,
    to: from,
    label: 'deploy',
    color: '#123456',
  });
  drawRail(pen, testTheme, {
    volume: undefined,
    span: [1000, 2000],
    width: 100,
    height: 32,
    utc: true,
    markers: [at(1500), at(500), at(2500)],
  });
  expect(pen.calls.filter((c) => c.fill === '#123456').map((c) => c.args)).toEqual([
    [50, 0, 1, 32],
    [50, 0, 5, 4],
  ]);
});
