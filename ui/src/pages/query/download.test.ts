import { expect, it } from 'vitest';

import { toCsv, toJson } from './download';
import type { Result } from './result';

const result: Result = {
  columns: [
    { name: 'route', kind: 'string' },
    { name: 'COUNT', kind: 'integer' },
  ],
  rows: [
    ['/a,"b"', 3],
    ['=cmd()', -1],
    [null, null],
  ],
  more: false,
  start: '0',
  end: '1',
  breakdowns: 1,
};

it('writes cells that spreadsheets read as they are', () => {
  expect(toCsv(result)).toBe(`route,COUNT\r\n"/a,""b""",3\r\n'=cmd(),-1\r\n,\r\n`);
});

it('writes rows as objects', () => {
  expect(JSON.parse(toJson(result))).toEqual([
    { route: '/a,"b"', COUNT: 3 },
    { route: '=cmd()', COUNT: -1 },
    { route: null, COUNT: null },
  ]);
});
