import { describe, expect, it } from 'vitest';

import { changeWords, holds, levelMix, ordered, type Pattern } from './patterns';

const pattern = (part: Partial<Pattern>): Pattern => ({
  id: 'x',
  text: 'user <Token-1> came',
  parts: [{ text: 'user ' }, { text: '<Token-1>', class: 'Token', name: 'Token-1', values: [['ada', 2]] }, { text: ' came' }],
  regex: '',
  filter: '',
  count: 1,
  share: 0.1,
  severity: null,
  trend: null,
  samples: null,
  before: 1,
  before_share: 0.1,
  change: 'same',
  rest: false,
  ...part,
});

describe('patterns', () => {
  const list = [
    pattern({ id: 'many', count: 100, first: 5 }),
    pattern({ id: 'rest', count: 500, rest: true, change: 'new' }),
    pattern({ id: 'new', count: 1, change: 'new', first: 90 }),
    pattern({ id: 'risen', count: 9, change: 'risen', first: 7 }),
    pattern({ id: 'gone', count: 0, before: 3, change: 'gone' }),
  ];
  it('come with what is new or risen first, or the most frequent, or the youngest', () => {
    const ids = (order: 'change' | 'count' | 'first'): string =>
      ordered(list, order)
        .map((p) => p.id)
        .join(' ');
    expect(ids('change')).toBe('new risen gone many rest');
    expect(ids('count')).toBe('many risen new gone rest');
    expect(ids('first')).toBe('new risen many gone rest');
  });
  it('say how they changed', () => {
    expect(changeWords(pattern({ change: 'risen', share: 0.5, before_share: 0.1 }))).toBe('↑ ×\u20095.0');
    expect(changeWords(pattern({ change: 'fallen', share: 0.01, before_share: 0.5 }))).toBe('↓ ×\u200950');
    expect(changeWords(pattern({}))).toBe('');
  });
  it('have a mix of levels, the worst first', () => {
    expect(levelMix({ info: 6, ERROR: 1, err: 1, '': 0 })).toEqual([
      { level: 'error', count: 2, share: 0.25 },
      { level: 'info', count: 6, share: 0.75 },
    ]);
  });
  it('are found by their text, and by values of their wildcards', () => {
    expect([holds(list[0]!, 'USER'), holds(list[0]!, 'ada'), holds(list[0]!, 'bob'), holds(list[0]!, ' ')]).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });
});
