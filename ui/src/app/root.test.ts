import { expect, it } from 'vitest';

import { prefixOf } from './root';

it.each([
  ['/', ''], ['/traces', ''], ['/traces/', ''], ['/trace/abc', ''], ['/setup', ''],
  ['/oriel/', '/oriel'], ['/oriel/traces', '/oriel'], ['/a/b/trace/1-2-3', '/a/b'], ['/a/setup', '/a'],
])('finds the prefix of %s', (path, prefix) => expect(prefixOf(path)).toBe(prefix));
