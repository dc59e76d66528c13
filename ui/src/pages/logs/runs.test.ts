import { describe, expect, it } from 'vitest';

import { countMarks, oneLine, runsOf, withMarks, type Run } from './runs';

const looks = (runs: readonly Run[]): [string, string][] => runs.map((r) => [r.text, r.look]);
const whole = (runs: readonly Run[]): string => runs.map((r) => r.text).join('');
const amber = (text: string, exact = false): { text: string; slot: number; exact: boolean } => ({ text, slot: 0, exact });

describe('runs of a line', () => {
  it('tells keys, texts, numbers and words of JSON apart', () => {
    expect(looks(runsOf('{"a":"b c","n":-1.5e3,"ok":true}'))).toEqual([
      ['{', 'tk-dim'],
      ['"a"', 'tk-key'],
      [':', 'tk-dim'],
      ['"b c"', 'tk-text'],
      [',', 'tk-dim'],
      ['"n"', 'tk-key'],
      [':', 'tk-dim'],
      ['-1.5e3', 'tk-num'],
      [',', 'tk-dim'],
      ['"ok"', 'tk-key'],
      [':', 'tk-dim'],
      ['true', 'tk-word'],
      ['}', 'tk-dim'],
    ]);
  });

  it('reads logfmt, JSON behind words, stamps and terminal colours', () => {
    expect(looks(runsOf('level=info took=3.2ms msg="a b"')).filter(([, l]) => l === 'tk-key').length).toBe(3);
    expect(looks(runsOf('START {"a":1}')).map(([, l]) => l)).toEqual(['', 'tk-dim', 'tk-key', 'tk-dim', 'tk-num', 'tk-dim']);
    expect(looks(runsOf('2026-11-28 01:09:42,010 INFO ok'))[0]).toEqual(['2026-11-28 01:09:42,010 ', 'tk-dim']);
    expect(looks(runsOf('\u001b[31;1mred\u001b[0m plain'))).toEqual([
      ['red', 'ansi1 bold'],
      [' plain', ''],
    ]);
  });

  it.each([
    '',
    'plain words',
    '{"cut":"in the mid',
    '{ not json }',
    '[1,2',
    'a=b',
    '{"deep":{"x":[1,2,{"y":null}]},"u":"\\u00e9 \\" é 日本"}',
    '<script>alert(1)</script>',
    'x="never closed',
    'https://example.com/?a=b&c=d',
  ])('loses no character of %j', (text) => expect(whole(runsOf(text))).toBe(text));
});

describe('marks', () => {
  it('lie over runs and split them', () => {
    const runs = withMarks(runsOf('{"user":"ann"}'), [amber('r":"a')]);
    expect(whole(runs)).toBe('{"user":"ann"}');
    expect(looks(runs).filter(([, l]) => l.includes('mark0'))).toEqual([
      ['r"', 'tk-key mark0'],
      [':', 'tk-dim mark0'],
      ['"a', 'tk-text mark0'],
    ]);
  });

  it('are exact where a pattern is, and the first wins where two meet', () => {
    expect(looks(withMarks([{ text: 'Error error', look: '' }], [amber('error', true)]))).toEqual([
      ['Error ', ''],
      ['error', 'mark0'],
    ]);
    const both = withMarks(
      [{ text: 'abcd', look: '' }],
      [
        { text: 'bc', slot: 1, exact: false },
        { text: 'abcd', slot: 2, exact: false },
      ],
    );
    expect(looks(both)).toEqual([
      ['a', ''],
      ['bc', 'mark1'],
      ['d', ''],
    ]);
  });

  it('are counted', () => expect(countMarks('a b a B', [amber('a'), amber('b'), amber('')])).toEqual([2, 2, 0]));
});

it('shows line ends as a sign in one row', () => expect(oneLine('a\n\tb\r\nc', 100)).toBe('a ⏎  b ⏎ c'));
