import { describe, expect, it } from 'vitest';

import { decodeBaseline, encodeBaseline, rest, type Baseline } from '../../query/bubble/selection';
import { empty } from '../../query/question';
import { baselinesOf } from './baseline';
import type { Result } from './result';

const result = {
  columns: [
    { name: 'route', kind: 'string' },
    { name: 'COUNT', kind: 'int' },
  ],
  rows: [
    ['/a', 3],
    ['/b', 2],
    [null, 1],
  ],
  breakdowns: 1,
  more: false,
  start: '0',
  end: '1',
} as Result;
const q = { ...empty(), by: ['route'] };
const group = (route: string | null): Baseline => ({ type: 'groups', groups: [{ route }] });

describe('baselines', () => {
  it('are everything else, the period before and the groups that are not picked', () => {
    const picked = { type: 'groups' as const, groups: [{ route: '/a' }] };
    expect(baselinesOf(q, result, picked, rest).map((c) => c.label)).toEqual([
      'everything else in view',
      'the period before',
      '/b',
      '(none)',
    ]);
  });
  it('hold the group of a link that the result does not show', () => {
    const sel = { type: 'filter' as const, text: 'x = 1' };
    expect(baselinesOf({ ...q, by: [] }, result, sel, group('/z')).at(-1)).toEqual({ label: '/z', baseline: group('/z') });
  });
  it('come back from an address', () => {
    for (const b of [rest, { type: 'previous' } as const, group('/a:b'), group(null)])
      expect(decodeBaseline(encodeBaseline(b) ?? null)).toEqual(b);
    expect(decodeBaseline('f:x = 1')).toEqual(rest);
    expect(decodeBaseline('nonsense')).toEqual(rest);
  });
});
