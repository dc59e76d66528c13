import { expect, it } from 'vitest';

import { pageOf, prefixOf } from './root';

it.each([
  ['/assets/index-abc.js', ''],
  ['/trace/assets/index-abc.js', ''],
  ['/oriel/assets/x.js', '/oriel'],
  ['/oriel/query/assets/x.js', '/oriel'],
  ['/r/assets/x.js', ''],
  ['/oriel/logs/assets/x.js', '/oriel'],
  ['/a/b/trace/assets/x.js', '/a/b'],
  ['/errors/assets/x.js', ''],
  ['/errors/12/assets/x.js', ''],
  ['/oriel/errors/12/assets/x.js', '/oriel'],
  ['/oriel/item/uuid/assets/x.js', '/oriel'],
  ['/instance/assets/x.js', ''],
  ['/oriel/service/assets/x.js', '/oriel'],
  ['/acme/environments/prod/datasets/api/assets/x.js', ''],
  ['/oriel/acme/datasets/api/result/r/trace/assets/x.js', '/oriel'],
])('finds the prefix by the script %s', (script, prefix) => expect(prefixOf(script)).toBe(prefix));

it('takes off a slash at the end of a path', () => {
  expect(['/', '/traces', '/traces/', ''].map(pageOf)).toEqual(['/', '/traces', '/traces', '/']);
});
