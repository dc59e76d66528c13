import { describe, expect, it } from 'vitest';

import { pathsOf, splitWords } from './split';

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
  expect(splitWords('custom.queue', '"mail"', 3, 12)).toContain('3 of 12 (25\u2009%)');
});
