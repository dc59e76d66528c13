import { expect, it } from 'vitest';

import { earlierChoices, whyNot } from './CompareTo';

const hour = 3600;
const day = 24 * hour;

it('offers what is no part of the range and is still kept', () => {
  expect(earlierChoices('', 2 * hour, 60 * day)).toEqual([undefined, 'previous', 2 * hour, 8 * hour, day, 7 * day, 28 * day]);
  expect(earlierChoices('', 2 * day, 3 * day)).toEqual([undefined, 'previous']);
  expect(earlierChoices('', hour, Infinity)).toContain(15724800);
});

it('offers what is typed, once', () => {
  expect(earlierChoices('36h', hour, 60 * day)).toEqual([36 * hour]);
  expect(earlierChoices('1 day', hour, 60 * day)).toEqual([day]);
  expect(earlierChoices('36h', 2 * day, 60 * day)).toEqual([]);
  expect(earlierChoices('prev', hour, 60 * day)).toEqual(['previous']);
  expect(earlierChoices('of', hour, 60 * day)).toEqual([undefined]);
});

it('says why a text will not do', () => {
  const why = (text: string): string => whyNot(text, 2 * hour, 60 * day, '60 days');
  expect(['', 'off', 'previous', '36h', '2h'].map(why)).toEqual(['', '', '', '', '']);
  expect(why('90m')).toBe('it must be at least the time shown, 2 hours; “previous” is the period just before');
  expect(why('61d')).toBe('events are kept 60 days: nothing is left of 61 days before');
  expect(why('a while')).toMatch(/^write how far back/);
});
