import { describe, expect, it } from 'vitest';

import { suggest, valueText, type KnownField } from './complete';

const fields: KnownField[] = [
  {
    name: 'severity',
    fill: 1,
    values: [
      { value: 'info', count: 9 },
      { value: 'error', count: 2 },
    ],
  },
  { name: 'service.name', fill: 1, values: [{ value: 'web shop', count: 5 }] },
  { name: 'status', fill: 0.4, values: [{ value: 500, count: 2 }] },
  { name: 'user.status', fill: 0.2, values: [] },
];
const at = (text: string): string[] => suggest(text, text.length, fields, []).map((s) => s.text);

describe('what can be typed next', () => {
  it.each([
    ['st', ['status:', 'user.status:']],
    ['lev', ['level:']],
    ['ERROR -serv', ['ERROR -service:']],
    ['level:', ['level:info ', 'level:error ']],
    ['a:1 level:er', ['a:1 level:error ']],
    ['service:w', ['service:"web shop" ']],
    ['status:', ['status:500 ']],
    ['{ $.st', ['{ $.status', '{ $.user.status']],
    ['[ip, st', []],
    ['x "half st', ['x "half status:', 'x "half user.status:']],
  ])('after %s', (text, want) => expect(at(text)).toEqual(want));

  it('offers what was asked before, and examples', () => {
    const list = suggest('', 0, fields, ['level:fatal']);
    expect(list[0]).toMatchObject({ label: 'level:fatal', run: true });
    expect(list.length).toBeGreaterThan(4);
  });

  it('puts what follows the caret behind what is taken', () => {
    expect(suggest('sta x', 3, fields, [])[0]).toMatchObject({ text: 'status: x', caret: 7 });
  });
});

it.each(['a', 'a b', 'say "hi"', '(x)', 'a*b', '>5', 'a,b', 'c:\\x', '"x'])('spells the value %s so that it is read back', (value) => {
  // As the server reads it: bare up to a space, or in quotes with backslashes before quotes and backslashes.
  const text = valueText(value);
  const read = text.startsWith('"') ? text.slice(1, -1).replace(/\\(["\\])/g, '$1') : text;
  expect(read).toBe(value);
  expect(text.startsWith('"') || !/[\s"()*<>=,]/.test(text)).toBe(true);
});
