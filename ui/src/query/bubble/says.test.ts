import { expect, it } from 'vitest';

import type { FieldDifference } from './bubble';
import { says } from './says';

const totals = { selection: 100, baseline: 1000 };
const field = (name: string, score: number, ...values: [string, number, number][]): FieldDifference => {
  const sum = (side: 1 | 2): number => values.reduce((n, v) => n + v[side], 0);
  return {
    name,
    kind: 'string',
    class: 'ranked',
    score,
    headline: '',
    present: { selection: sum(1) / 100, baseline: sum(2) / 1000 },
    distinct: values.length,
    values: values.map(([value, selection, baseline]) => ({ value, selection, baseline })),
    other: { selection: 0, baseline: 0 },
  };
};

it('says what is most different once, and names the fields that say the same with it', () => {
  const clauses = says(
    [
      field('name', 0.9, ['search', 96, 40], ['home', 4, 960]),
      field('http.route', 0.9, ['/search', 96, 41], ['/', 4, 959]),
      field('term', 0.5, ['o', 50, 10], ['x', 46, 30], ['y', 4, 960]),
      field('host', 0.01, ['a', 50, 500], ['b', 50, 500]),
    ],
    totals,
    'of the rest',
  );
  expect(clauses.map((c) => [c.words, c.alike])).toEqual([
    ['name = search in 96\u2009% of the selection, 4\u2009% of the rest', ['http.route']],
    ['term = o in 50\u2009% of the selection, 1\u2009% of the rest', []],
  ]);
});

it('says that a field is missing, and numbers by their halves', () => {
  const numbers: FieldDifference = {
    ...field('duration_ms', 0.8),
    present: { selection: 1, baseline: 1 },
    histogram: { scale: 'log', min: 1, max: 2000, bins: 0, selection: [], baseline: [], median: { selection: 1200, baseline: 30 } },
  };
  const clauses = says([numbers, field('user.id', 0.6, ['u', 40, 1000])], totals, 'of the rest');
  expect(clauses.map((c) => c.words)).toEqual([
    'duration_ms is higher: half are above 1.20\u2009s, in the rest above 30.0\u2009ms',
    'user.id is missing in 60\u2009% of the selection, 0\u2009% of the rest',
  ]);
});

it('says nothing where nothing is different', () => {
  expect(says([field('host', 0.02, ['a', 50, 500], ['b', 50, 500])], totals, 'of the rest')).toEqual([]);
});
