import { expect, it } from 'vitest';

import { pageOf, prefixOf } from './root';

it.each([
  ['/assets/index-abc.js', ''],
  ['/oriel/assets/x.js', '/oriel'],
  ['/a/b/assets/x.js', '/a/b'],
])('finds the prefix by the script %s', (script, prefix) => expect(prefixOf(script)).toBe(prefix));

it('takes off a slash at the end of a path', () => {
  expect(['/', '/traces', '/traces/', ''].map(pageOf)).toEqual(['/', '/traces', '/traces', '/']);
});
