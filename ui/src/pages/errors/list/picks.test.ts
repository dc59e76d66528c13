import { expect, it } from 'vitest';

import { flip } from './picks';

const ids = ['a', 'b', 'c', 'd', 'e'];

it('flips one', () => {
  const one = flip(ids, new Set(), '', 'b', false);
  expect([...one.picked]).toEqual(['b']);
  expect([...flip(ids, one.picked, one.from, 'b', false).picked]).toEqual([]);
});

it('picks a range in either direction, and keeps what was picked', () => {
  const one = flip(ids, new Set(['a']), 'a', 'd', false);
  expect([...flip(ids, one.picked, one.from, 'b', true).picked].sort()).toEqual(['a', 'b', 'c', 'd']);
});

it('picks one where a range has no beginning', () => expect([...flip(ids, new Set(), 'gone', 'c', true).picked]).toEqual(['c']));
