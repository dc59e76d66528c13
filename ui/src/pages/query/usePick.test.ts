import { expect, it } from 'vitest';

import type { Answer } from './result';
import { afterRelease, flipped, within } from './usePick';

it('picks one more, or lets go of it; several are all picked', () => {
  expect(flipped(['a'], ['b'])).toEqual(['a', 'b']);
  expect(flipped(['a', 'b'], ['a'])).toEqual(['b']);
  expect(flipped(['b'], ['a', 'b', 'c'])).toEqual(['b', 'a', 'c']);
});

it('has no condition where there is no bound', () => {
  expect(within('ms', { min: -Infinity, max: 5 })).toEqual([{ column: 'ms', op: '<', value: 5 }]);
  expect(within('ms', { min: 1, max: Infinity })).toEqual([{ column: 'ms', op: '>=', value: 1 }]);
});

it('compares what came after a deploy with what was before, from the start at the earliest', () => {
  const answer = { result: { start: '1700000000000000000', end: '1700000600000000000' } } as Answer;
  expect(afterRelease(answer, { from: 60e9 }).sel).toEqual([
    {
      type: 'range',
      column: '',
      rectangles: [{ start: '1700000060000000000', end: '1700000600000000000', min: -Infinity, max: Infinity }],
    },
  ]);
  expect(afterRelease(answer, { from: -1 }).sel).toMatchObject([{ rectangles: [{ start: '1700000000000000000' }] }]);
});
