import { expect, it } from 'vitest';

import type { ListedTrace } from '../../api/types';
import { append, barScale } from './list';

const trace = (id: string, start: number): ListedTrace => ({
  trace_id: id,
  start,
  duration: 1,
  spans: 1,
  errors: 0,
  services: null,
  root: { service: 'a', name: 'b', kind: 1, status_code: 0, http_status: 0, missing: false },
});

it('appends a page whose starts count from another base, without what is known', () => {
  const page = {
    base: '1773144000000000500',
    traces: [trace('b', 10), trace('c', 20)],
    next: '',
    elapsed_ms: 1,
    scanned: 2,
    complete: true,
  };
  const all = append([trace('a', 700), trace('b', 510)], '1773144000000000000', page);
  expect(all.map((t) => [t.trace_id, t.start])).toEqual([
    ['a', 700],
    ['b', 510],
    ['c', 520],
  ]);
});

it.each([
  [[], 1],
  [[5, 9], 9],
  [[10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 900], 20],
  [[10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 200], 200],
])('scales bars of %j to %d', (durations, scale) => expect(barScale(durations)).toBe(scale));
