import { describe, expect, test } from 'vitest';

import { messageFirst, messageOf } from './messageFirst';

describe('a row of JSON', () => {
  test('says its message first and its ids last, and leaves out what has a column', () => {
    expect(messageFirst('{"time":"2026-11-28T10:00:00Z","level":"INFO","msg":"GET /home 200","trace_id":"6b0a","took":12}')).toEqual({
      message: 'GET /home 200',
      rest: '{"took":12,"trace_id":"6b0a"}',
    });
  });
  test('keeps every other character', () => {
    expect(messageFirst('{ "id": 12345678901234567890, "message": "a \\"b\\"\\n{", "x": {"msg": [1, {"y": "},"}]} }')).toEqual({
      message: 'a "b"\n{',
      rest: '{"id": 12345678901234567890,"x": {"msg": [1, {"y": "},"}]}}',
    });
    expect(messageFirst('{"msg":"only"}')).toEqual({ message: 'only', rest: '' });
  });
  test.each([
    'plain',
    '{"status":200}',
    '{"msg":12}',
    '{"msg":"cut',
    '{"msg":"a"} and more',
    '[{"msg":"a"}]',
    '{"msg"}',
    '{}',
    '{"a":1]',
    `{"msg":"${'x'.repeat(30_000)}"}`,
  ])('leaves other text alone: %.20s', (text) => expect(messageFirst(text)).toBeUndefined());
});

test.each([
  ['{"level":"INFO","msg":"GET /home 200","trace_id":"6b', 'GET /home 200'],
  ['{"level":"INFO","msg":"GET /ho', '{"level":"INFO","msg":"GET /ho'],
  ['{"a":{"msg":"inner"},"b', '{"a":{"msg":"inner"},"b'],
  ['plain words', 'plain words'],
])('what is said by %s', (text, said) => expect(messageOf(text)).toBe(said));
