import { expect, it } from 'vitest';

import { parseQuestion } from '../../query/parse';
import { asCurl, asHoneycomb, asLine, asMarkdown, shellQuoted } from './share';

const { question, span } = parseQuestion(`VISUALIZE COUNT WHERE name = "it's" GROUP BY x LAST 1h`);

it('quotes for a shell', () => {
  expect(shellQuoted(`it's`)).toBe(`'it'\\''s'`);
  expect(asCurl('http://h:1', false, 'prod', 'ds', question, span)).toBe(
    `curl -sN 'http://h:1/api/query?env=prod' -H 'Content-Type: application/json' -d '{"dataset":"ds","text":"VISUALIZE COUNT WHERE name = \\"it'\\''s\\" GROUP BY x LAST 1h","series":true}'`,
  );
});

it('leaves the key to the environment', () => {
  expect(asCurl('http://h:1', true, '', 'ds', question, span)).toMatch(
    /^curl -sN 'http:\/\/h:1\/api\/query' -H "X-Honeycomb-Team: \$HONEYCOMB_API_KEY" -H 'Content-Type: application\/json' -d /,
  );
});

it("writes Honeycomb's specification and our line", () => {
  expect(JSON.parse(asHoneycomb(question, span))).toEqual({
    calculations: [{ op: 'COUNT' }],
    filters: [{ column: 'name', op: '=', value: "it's" }],
    breakdowns: ['x'],
    time_range: 3600,
  });
  expect(asLine(question, span)).toBe(`VISUALIZE COUNT WHERE name = "it's" GROUP BY x LAST 1h`);
});

it('writes a table for a chat', () => {
  const r = {
    columns: [
      { name: 'x', kind: 'string' },
      { name: 'COUNT', kind: 'integer' },
    ],
    rows: [
      ['a|b', 2],
      [null, 1],
    ],
    more: false,
    start: '0',
    end: '1',
    breakdowns: 1,
  };
  expect(asMarkdown(r)).toBe('| x | COUNT |\n| --- | ---: |\n| a\\|b | 2 |\n| (none) | 1 |');
});
