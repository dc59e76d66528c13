import { expect, test } from 'vitest';

import { byFingerprint } from './ServiceErrors';

test('an error whose titles differ is one row, under the most frequent of them', () => {
  expect(
    byFingerprint([
      ['a', 'panic', 'critical', 5],
      ['b', 'reply to 1', 'error', 4],
      ['b', 'reply to 2', 'error', 3],
    ]),
  ).toEqual([
    ['b', 'reply to 1', 'error', 7],
    ['a', 'panic', 'critical', 5],
  ]);
});
