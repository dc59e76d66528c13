import { expect, it } from 'vitest';

import { isSQL, layOut } from './sql';

it.each([
  [
    "SELECT a.id, b.name FROM accounts a LEFT JOIN buckets b ON b.id = a.b WHERE a.x IS NULL AND b.r = 'or from' GROUP BY 1 ORDER BY a.c DESC LIMIT 50",
    "SELECT a.id, b.name\nFROM accounts a\nLEFT JOIN buckets b\n  ON b.id = a.b\nWHERE a.x IS NULL\n  AND b.r = 'or from'\nGROUP BY 1\nORDER BY a.c DESC\nLIMIT 50",
  ],
  ['INSERT INTO t (a, b) VALUES ($1, (SELECT 1 FROM u))', 'INSERT INTO t (a, b)\nVALUES ($1, (SELECT 1 FROM u))'],
  ['update t\n   set a = 1\twhere id=2', 'update t\nset a = 1\nwhere id=2'],
  ['select 1 -- from here\nfrom t', 'select 1 -- from here\nfrom t'],
  ['', ''],
])('lays out %j', (sql, want) => expect(layOut(sql)).toBe(want));

it.each([
  ['SELECT 1 FROM t', true],
  ['with a as (select 1) select * from a', true],
  ['select a tab from the menu', true],
  ['GET /home', false],
  ['selected', false],
])('%j is a statement: %s', (text, is) => expect(isSQL(text)).toBe(is));
