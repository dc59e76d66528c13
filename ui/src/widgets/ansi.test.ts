import { expect, it } from 'vitest';

import { ansiRuns, withoutAnsi } from './ansi';

const show = (text: string): string[] => ansiRuns(text).map((r) => `${r.text}|${r.color}${r.bold ? 'b' : ''}`);

it.each([
  ['plain', ['plain|-1']],
  ['\u001b[31mred\u001b[0m and \u001b[1;92mgreen\u001b[22m thin', ['red|1', ' and |-1', 'green|2b', ' thin|2']],
  ['\u001b[mx', ['x|-1']],
  ['a\u001b[2Jb\u001b]0;title\u0007c', ['a|-1', 'b|-1', 'c|-1']],
  ['\u001b[38;5;196mx\u001b[38;2;1;2;31my', ['x|-1', 'y|-1']],
])('%j', (text, runs) => expect(show(text)).toEqual(runs));

it('leaves the text', () => expect(withoutAnsi('\u001b[1mx\u001b[0m y')).toBe('x y'));
