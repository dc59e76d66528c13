import { expect, it } from 'vitest';

import { marksOf } from './marks';

it.each([
  ['', []],
  ['ERROR -health "not found" ?warn', ['ERROR', 'not found', 'warn']],
  ['level:error service:web status:500,503 msg:*pool* timeout', ['500', '503', 'pool', 'timeout']],
  ['-user:ada route:/api/*', ['/api/']],
  ['{ $.status = 5* && $.msg = "*timed out*" }', ['timed out']],
  ['[ip, user, status != 200]', []],
  ['https://example.com/x', ['https://example.com/x']],
  ['body contains "a b" AND x = 1', ['a b']],
  ['%5\\d\\d%', []],
  ['a a', ['a']],
])('%s', (text, want) => expect(marksOf(text).map((m) => m.text)).toEqual(want));
