import { describe, expect, it } from 'vitest';

import { pastOf, pathsOf, splitWords } from './split';

describe('pathsOf', () => {
  it('leads to what a rule can compare, the app’s own first', () => {
    expect(
      pathsOf({
        uuid: 'x',
        level: 'error',
        custom: { queue: 'mail', 'a.b': 1, nothing: null },
        context: 'cart',
        body: { trace: { exception: { class: 'KeyError' }, frames: [{ filename: 'x' }] }, telemetry: [{ level: 'info' }] },
        request: { big: { $bytes: 9, $path: [], $count: 1 } },
      }),
    ).toEqual(['custom.queue', 'context', 'level', 'body.trace.exception.class']);
  });
  it('is bounded', () => {
    const wide = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, i]));
    expect(pathsOf({ custom: wide })).toHaveLength(200);
  });
});

it('says what goes and what stays', () => {
  const words = splitWords('custom.queue', '"mail"', 3, 12);
  expect(words).toContain('3 of 12 (25\u2009%)');
  expect(words).toContain('They stay here');
});

it('leads to those of the past', () => {
  const to = new URL(pastOf('error.fingerprint = "f"', 'custom.queue = "mail"', '1700000000123456789'), 'http://o');
  expect(to.searchParams.get('where')).toBe('error.fingerprint = "f" AND custom.queue = "mail"');
  expect(to.searchParams.get('from')).toBe('1700000000');
});
