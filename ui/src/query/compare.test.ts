import { expect, it } from 'vitest';

import { earlierWords, readEarlier } from './compare';

it.each([
  ['36h', 129600],
  ['36 hours', 129600],
  ['1 day 12 hours before', 129600],
  ['1d12h', 129600],
  ['1 day and 12 hours ago', 129600],
  ['1.5 days earlier', 129600],
  ['a week ago', 604800],
  ['2w', 1209600],
  ['90 min', 5400],
  ['yesterday', 86400],
  ['previous', 'previous'],
  ['The period before', 'previous'],
  ['400d', 400 * 86400],
] as const)('%s is read', (text, want) => {
  expect(readEarlier(text)).toBe(want);
});

it.each(['', '5', 'hours', '5 parsecs', '401d', '0s', '1h or 2', 'off'])('“%s” is none', (text) => {
  expect(readEarlier(text)).toBeUndefined();
});

it('says it in words that are read back', () => {
  for (const c of ['previous', 1, 60, 3661, 86400, 129600, 15724800, 400 * 86400] as const) expect(readEarlier(earlierWords(c))).toBe(c);
  expect(earlierWords(129600)).toBe('1 day 12 hours before');
});
