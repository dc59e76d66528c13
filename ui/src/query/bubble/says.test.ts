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
    ['http.route = /search in 96\u2009% of the selection, 4.1\u2009% of the rest', ['name = search']],
    ['term = o in 50\u2009% of the selection, 1\u2009% of the rest', []],
  ]);
});

it('says that a field is missing, and numbers by their halves', () => {
  const numbers: FieldDifference = {
    ...field('queue.length', 0.8),
    present: { selection: 1, baseline: 1 },
    histogram: { scale: 'log', min: 1, max: 2000, bins: 0, selection: [], baseline: [], median: { selection: 1200, baseline: 30 } },
  };
  const clauses = says([numbers, field('user.id', 0.6, ['u', 40, 1000])], totals, 'of the rest');
  expect(clauses.map((c) => c.words)).toEqual([
    'queue.length is higher: half are above 1200, in the rest above 30',
    'user.id is missing in 60\u2009% of the selection, 0\u2009% of the rest',
  ]);
});

it('begins with what may be the cause, not with how it went or with what is missing', () => {
  const clauses = says(
    [
      field('status_code', 0.9, ['2', 80, 0], ['0', 20, 1000]),
      field('http.response.body.size', 0.8, ['33', 70, 20], ['9', 30, 980]),
      field('db.system', 0.7, ['sqlite', 10, 900]),
      field('app.version', 0.4, ['2.4.0', 90, 500], ['2.3.1', 10, 500]),
    ],
    totals,
    'of the rest',
  );
  expect(clauses.map((c) => c.field)).toEqual(['app.version', 'db.system', 'status_code']);
  expect(clauses[1]!.words).toMatch(/^db.system is missing in 90/);
});

it('says nothing of a few events, unless they are most of what is picked', () => {
  const few = { selection: 9, baseline: 330 };
  const user = (n: number): FieldDifference => ({
    ...field('app.user', 0.2),
    present: { selection: 1, baseline: 1 },
    values: [
      { value: 'ada', selection: n, baseline: 0 },
      { value: 'bob', selection: 9 - n, baseline: 330 },
    ],
  });
  expect(says([user(3)], few, 'of the rest')).toEqual([]);
  expect(says([user(4)], { selection: 4, baseline: 330 }, 'of the rest')).toHaveLength(1);
});

it('prefers where an event belongs to what kind it is', () => {
  const spanKind = field('span.kind', 0.56, ['server', 29, 35], ['client', 71, 965]);
  const route = field('http.route', 0.3, ['/search', 23, 2], ['/', 77, 998]);
  expect(says([spanKind, route], totals, 'of the rest').map((c) => c.field)).toEqual(['http.route', 'span.kind']);
});

it('names what people think in first, of what is nearly as different', () => {
  const port = field('container.id', 0.35, ['4567', 90, 450], ['1', 10, 550]);
  const version = field('service.version', 0.33, ['2.4.0', 100, 580], ['2.3.1', 0, 420]);
  expect(says([port, version], totals, 'of the rest').map((c) => c.field)).toEqual(['service.version', 'container.id']);
  expect(says([{ ...port, score: 0.9 }, version], totals, 'of the rest').map((c) => c.field)).toEqual(['container.id', 'service.version']);
});

it('keeps the direction of the sentence whatever that of a value is', () => {
  const [c] = says([field('name', 0.9, ['\u202eevil', 96, 40], ['home', 4, 960])], totals, 'of the rest');
  expect(c!.words).toBe('name = \u2068\u202eevil\u2069 in 96\u2009% of the selection, 4\u2009% of the rest');
});

it('says nothing where nothing is different', () => {
  expect(says([field('host', 0.02, ['a', 50, 500], ['b', 50, 500])], totals, 'of the rest')).toEqual([]);
});
