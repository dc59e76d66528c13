import { expect, it } from 'vitest';

import { helpAt, pieces, placeOf, quotedName, suggest, valueText, type KnownRql } from './complete';

const known: KnownRql = {
  columns: [
    { name: 'item.counter', type: 'number', help: 'the number' },
    { name: 'person.username', type: 'text', help: '' },
    { name: 'timestamp', type: 'time', help: '' },
  ],
  deploy_columns: [{ name: 'revision', type: 'text', help: '' }],
  functions: [{ name: 'count', signature: 'count(*)', help: 'how many', kind: 'aggregate' }],
  keywords: ['SELECT', 'WHERE'],
};
const kinds = (text: string): string =>
  pieces(text)
    .filter((p) => p.kind !== 'space')
    .map((p) => `${p.kind}:${text.slice(p.from, p.to)}`)
    .join(' ');

it('cuts a text into pieces that cover all of it', () => {
  expect(kinds("SELECT count(*), item.counter FROM item_occurrence -- x\nWHERE `a b` = 'it''s' AND n >= 1.5")).toBe(
    "command:SELECT function:count sign:( sign:* sign:) sign:, field:item.counter command:FROM keyword:item_occurrence comment:-- x command:WHERE field:`a b` sign:= string:'it''s' keyword:AND field:n sign:>= number:1.5",
  );
});

it.each(["'open", '`open', '/* open', '', '€ \u0000', 'a.b.'])('never fails: %j', (text) => {
  const list = pieces(text);
  expect(list.reduce((at, p) => (p.from === at ? p.to : -1), 0)).toBe(text.length);
});

const suggested = (text: string): string[] => suggest(text, placeOf(text, text.length), known).map((s) => s.label);

it('suggests columns, functions and words', () => {
  expect(suggested('SELECT cou')).toEqual(['count(…)', 'item.counter']);
  expect(suggested('SELECT user')).toEqual(['person.username']);
  expect(suggested('SELECT * FROM deploy WHERE re')).toEqual(['revision', 'WHERE']);
  expect(suggested("SELECT 'x")).toEqual([]);
});

it('knows whose value is typed', () => {
  const at = (text: string): [string, string, string] => {
    const p = placeOf(text, text.length);
    return [p.column, p.prefix, p.quote];
  };
  expect(at("WHERE person.username = 'ad")).toEqual(['person.username', 'ad', "'"]);
  expect(at('WHERE `my field` in ("a", "b')).toEqual(['my field', 'b', '"']);
  expect(at("WHERE a = 'b'")).toEqual(['', '', '']);
});

it('offers columns behind SELECT though nothing is typed', () => {
  expect([placeOf('SELECT ', 7).eager, placeOf('SELECT a', 8).eager, placeOf('SELECT a ', 9).eager]).toEqual([true, true, false]);
});

it('writes names and values that read back', () => {
  expect([quotedName('a.b'), quotedName('a b'), valueText("it's"), valueText('a"\\', '"')]).toEqual(['a.b', '`a b`', "it''s'", 'a""\\\\"']);
});

it('explains what is under the caret', () => {
  expect(helpAt('SELECT count(*)', 9, known)?.help).toBe('how many');
  expect(helpAt('SELECT item.counter', 10, known)?.signature).toBe('item.counter number');
  expect(helpAt('SELECT x', 8, known)).toBeUndefined();
});
