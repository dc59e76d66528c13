import { expect, test } from 'vitest';

import { mixed } from './mixed';

test.each([
  ['#000000', '#ffffff', 0.5, 'rgb(128 128 128)'],
  ['#0b699f', '#fff', 1, 'rgb(11 105 159)'],
  ['#000', '#fff', 0, 'rgb(255 255 255)'],
])('%s and %s, %f', (a, b, share, want) => {
  expect(mixed(a, b, share)).toBe(want);
});
