import { expect, it } from 'vitest';

import type { Frame } from '../../../api/errors';
import { frame } from './fixture';
import { codeLines, librariesOf, openAtFirst, placeOf, rowsOf, shownOf } from './frames';

const own = frame({});
const lib = (library: string): Frame => frame({ own: false, library });
const kinds = (frames: Frame[], open: number[] = []): string =>
  rowsOf(frames, new Set(open))
    .map((r) => (r.kind === 'fold' ? `(${r.to - r.from} ${r.of})` : String(r.at)))
    .join(' ');

it('folds runs of library frames, never where it went wrong', () => {
  expect(kinds([own, lib('flask'), lib('flask'), lib('werkzeug'), own])).toBe('0 (3 flask, werkzeug) 4');
  expect(kinds([lib('psycopg'), lib('psycopg'), lib('psycopg'), own])).toBe('0 (2 psycopg) 3');
  expect(kinds([own, lib('flask'), own])).toBe('0 1 2');
  expect(kinds([lib('a'), lib('b'), lib('c')])).toBe('0 1 2');
  expect(kinds([])).toBe('');
});

it('opens a fold that was pressed', () => expect(kinds([own, lib('a'), lib('a'), own, lib('b'), lib('b')], [1])).toBe('0 1 2 3 (2 b)'));

it('names the libraries of a fold', () => {
  expect([librariesOf([lib('')]), librariesOf(['a', 'b', 'c', 'd', 'a'].map(lib))]).toEqual(['libraries', 'a, b, c and 1 more']);
});

it('opens the newest own frame', () => expect([openAtFirst([lib('a'), own]), openAtFirst([lib('a')]), openAtFirst([])]).toEqual([1, 0, 0]));

it('writes places', () => {
  expect([
    placeOf({ file: 'a.js', line: 3, column: 7 }),
    placeOf({ file: '', line: 0, column: 4 }),
    placeOf({ file: 'a', line: 2, column: 0 }),
  ]).toEqual(['a.js:3:7', '(unknown)', 'a:2']);
});

it('shows where a source map leads, with the name that was sent if it has none', () => {
  const f = frame({
    file: 'min.js',
    method: 't',
    original: { file: 'cart.ts', line: 9, column: 1, method: '', code: 'x()', pre: [], post: [] },
  });
  expect(shownOf(f, true)).toMatchObject({ file: 'cart.ts', line: 9, method: 't' });
  expect(shownOf(f, false).file).toBe('min.js');
});

it('numbers the lines around the one at fault', () => {
  expect(codeLines(frame({ line: 3, pre: ['a', 'b'], code: 'c', post: ['d'] }))).toEqual([
    { n: 1, text: 'a', here: false },
    { n: 2, text: 'b', here: false },
    { n: 3, text: 'c', here: true },
    { n: 4, text: 'd', here: false },
  ]);
  expect(codeLines(frame({}))).toEqual([]);
  expect(codeLines(frame({ line: 1, pre: ['x', 'y'], code: 'z' })).map((l) => l.n)).toEqual([0, 0, 1]);
});
