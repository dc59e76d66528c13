import { expect, it } from 'vitest';

import { conditionOf } from './condition';

it.each([
  ['http.route:/cart', 'http.route contains "/cart"'],
  ['http.route = /cart', 'http.route = "/cart"'],
  ['db.rows:7', 'db.rows = 7'],
  ['db.rows >= 7', 'db.rows >= 7'],
  ['cached:true', 'cached = true'],
  ['user = "a b"', 'user = "a b"'],
  ['my-field:x', '`my-field` contains "x"'],
  ['http.route = "/x" AND duration_ms > 5', 'http.route = "/x" AND duration_ms > 5'],
  ['db.statement exists', 'db.statement exists'],
])('%s asks for %s', (term, condition) => expect(conditionOf(term)).toBe(condition));

it.each(['', 'select', 'duration>100ms', 'service:web', 'name = GET', 'http:500', 'error:true', '/a=b/', 'GET /api/x?a=1', 'log in'])(
  '%j is looked for here',
  (term) => expect(conditionOf(term)).toBeUndefined(),
);
