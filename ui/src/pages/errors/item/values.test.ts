import { expect, it } from 'vitest';

import type { Json } from '../../../api/errors';
import { flattened, isLeftOut, isScrubbed, objectOf, previewOf, textOf } from './values';

const left = { $bytes: 3_000_000, $path: ['a'], $count: 12 };

it.each<[Json, string]>([
  [null, 'null'],
  ['x'.repeat(100), `"${'x'.repeat(59)}…`],
  ['<b>"', '"<b>\\""'],
  [[], '[]'],
  [[1, 'a', null], '[1, "a", null]'],
  [[1, 2, 3, 4], '[4]'],
  [[{ a: 1 }], '[1]'],
  [{}, '{}'],
  [{ a: 1, b: 2, c: 3, d: 4, e: 5 }, '{a, b, c, d, … 5}'],
  [left as unknown as Json, '12 members, 3.00\u2009MB'],
])('tells %j in one line', (v, want) => expect(previewOf(v)).toBe(want));

it('knows what was left out, whatever else looks like it', () => {
  expect([isLeftOut(left), isLeftOut({ $bytes: '3', $path: [] }), isLeftOut(null), isLeftOut([3])]).toEqual([true, false, false, false]);
});

it('takes payloads of any type', () => {
  expect([objectOf('x'), objectOf([1]), objectOf(undefined), objectOf({ a: 1 })]).toEqual([{}, {}, {}, { a: 1 }]);
  expect([textOf({}), textOf(null), textOf(0), textOf(false)]).toEqual(['', '', '0', 'false']);
});

it('flattens to paths and stops in time', () => {
  expect(flattened({ a: { b: 1, c: { d: [1, 2] } }, e: {} })).toEqual([
    ['a.b', 1],
    ['a.c.d', [1, 2]],
    ['e', {}],
  ]);
  let deep: Json = 1;
  for (let i = 0; i < 1000; i++) deep = { x: deep };
  expect(flattened(deep)[0]![0]).toBe('x.x.x.x.x.x.x.x');
  expect(flattened(Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`k${i}`, i])), 10)).toHaveLength(10);
});

it('sees what was scrubbed', () =>
  expect([isScrubbed('******'), isScrubbed('[FILTERED]'), isScrubbed('a*'), isScrubbed(''), isScrubbed(3)]).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]));
