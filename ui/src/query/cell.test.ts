import { expect, test } from 'vitest';

import { unitOf } from './cell';

test.each([
  ['http.response.body.size', 'bytes'],
  ['http.request_content_length', 'bytes'],
  ['messaging.message.body.length', 'bytes'],
  ['app.result_length', 'count'],
  ['queue_length', 'count'],
  ['duration_ms', 'ms'],
] as const)('numbers of %s are in %s', (name, unit) => {
  expect(unitOf(name)).toBe(unit);
});
