import { describe, expect, it } from 'vitest';

import { folded, headline, percent, selectionWords, sidesWords, swapField, valueShares, type FieldDifference } from './bubble';

const field: FieldDifference = {
  name: 'build',
  kind: 'string',
  class: 'ranked',
  score: 0.9,
  headline: 'build = 7f3c in 90 % of the selection, 4 % of the rest',
  present: { selection: 0.9, baseline: 1 },
  distinct: 3,
  values: [
    { value: 'old', selection: 0, baseline: 960 },
    { value: '7f3c', selection: 90, baseline: 40 },
  ],
  other: { selection: 0, baseline: 0 },
};
const totals = { selection: 100, baseline: 1000 };

describe('values of both sides', () => {
  it('are shares of each side, the absent among them', () => {
    const { shown, more } = valueShares(field, totals, 5);
    expect(more).toBe(0);
    expect(shown.map((v) => [v.value, v.shares.selection, v.shares.baseline])).toEqual([
      ['old', 0, 0.96],
      ['7f3c', 0.9, 0.04],
      [null, 0.1, 0],
    ]);
    expect(valueShares(field, totals, 1)).toMatchObject({ more: 2, shown: [{ value: 'old' }] });
    expect(valueShares({ ...field, other: { selection: 0, baseline: 3 } }, totals, 5).shown.at(-1)?.value).toBeUndefined();
    expect(valueShares(field, { selection: 0, baseline: 0 }, 5).shown[0]?.shares.selection).toBe(0);
  });
  it('change sides, and are said anew', () => {
    const s = swapField(field);
    expect(s.values?.[0]).toEqual({ value: 'old', selection: 960, baseline: 0 });
    expect(headline(s, { selection: 1000, baseline: 100 })).toBe('build = old in 96\u2009% of the selection, 0\u2009% of the rest');
    expect(sidesWords(totals, false)).toBe('100 in selection · 1000 baseline');
  });
});

it('says shares so that nothing is rounded to all or none', () => {
  expect([0, 0.0003, 0.034, 0.5, 0.996, 1].map(percent)).toEqual([
    '0\u2009%',
    '<\u20090.1\u2009%',
    '3.4\u2009%',
    '50\u2009%',
    '99.6\u2009%',
    '100\u2009%',
  ]);
});

it('folds what says little', () => {
  const f = folded([field, { ...field, class: 'id_like' }, { ...field, class: 'id_like' }, { ...field, class: 'selected' }]);
  expect(f.ranked).toHaveLength(1);
  expect(f.groups.map((g) => g.title)).toEqual(['1 field that the selection is made by', '2 id-like fields']);
});

it('says what is picked in words', () => {
  const r = { start: '1700000000000000000', end: '1700000600000000000', min: 500, max: Infinity };
  expect(selectionWords({ type: 'range', column: 'duration_ms', rectangles: [r, r] }, true)).toBe(
    'duration_ms from 500\u2009ms, 22:13:20 to 22:23:20, and 1 more',
  );
  expect(selectionWords({ type: 'range', column: '', rectangles: [{ ...r, min: -Infinity }] }, true)).toBe('22:13:20 to 22:23:20');
  expect(
    selectionWords(
      {
        type: 'groups',
        groups: [
          { a: 1, b: null },
          { a: 2, b: 'x' },
        ],
      },
      true,
    ),
  ).toBe('a = 1, b = (none) or a = 2, b = x');
  expect(selectionWords({ type: 'traces', ids: ['x', 'y'] }, true)).toBe('2 traces');
});
