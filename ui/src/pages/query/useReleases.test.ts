import { expect, it } from 'vitest';

import type { Result } from './result';
import { releasesOf } from './useReleases';

const series = (groups: [string | null, string | null, (number | null)[]][]): Result => ({
  columns: [],
  rows: [],
  more: false,
  start: '1000',
  end: '5000',
  breakdowns: 2,
  series: { start: '1100', step: 10, count: 4, groups: groups.map(([s, v, COUNT]) => ({ key: [s, v], values: { COUNT } })) },
});

it('finds the moment from which a service has a version that it had not before', () => {
  const found = releasesOf(
    series([
      ['cart', '1.0', [5, 5, 5, null]],
      ['cart', '2.0', [null, 0, 3, 8]],
      ['web', '7', [1, 1, 1, 1]],
    ]),
    '1000',
    new Map([['cart', 3]]),
  );
  expect(found.map((m) => [m.label, m.from, m.found?.slot])).toEqual([['cart 2.0', 120, 3]]);
});

it('takes a service that begins in view for no release, and events without a version for none', () => {
  expect(releasesOf(series([['new', '1.0', [null, null, 4, 4]]]), '1000', new Map())).toEqual([]);
  expect(
    releasesOf(
      series([
        ['cart', '1.0', [1, 1, 1, 1]],
        ['cart', null, [null, 2, 2, 2]],
      ]),
      '1000',
      new Map(),
    ),
  ).toEqual([]);
});
