import { expect, test } from 'vitest';

import { nextMatch, type Line } from './lines';

test('the next line that matches is looked for on both sides, and may not be there', () => {
  const lines = ['', 'a', '', 'a', ''].map((body) => ({ body }) as Line);
  const isMatch = (l: Line): boolean => l.body === 'a';
  expect(nextMatch(lines, -1, 1, isMatch)).toBe(1);
  expect(nextMatch(lines, 1, 1, isMatch)).toBe(3);
  expect(nextMatch(lines, 3, 1, isMatch)).toBe(-1);
  expect(nextMatch(lines, 3, -1, isMatch)).toBe(1);
  expect(nextMatch(lines, 1, -1, isMatch)).toBe(-1);
});
