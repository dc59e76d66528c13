import { describe, expect, it } from 'vitest';

import { addsUp, chartsOf, compared, shownColumns, tableOf, timeOf, type Answer, type Column } from './answer';
import { decode, encode } from './url';

const number: Column = { name: 'n', type: 'number', key: false };
const time: Column = { name: 'bin(5m)', type: 'time', key: true };
const key: Column = { name: 'service', type: 'any', key: true };
const at = (minute: number): string => `2026-11-28 01:${String(minute).padStart(2, '0')}:00.000`;
const ns = (text: string): string => `${timeOf(text)!}000000`;

const answer = (columns: Column[], rows: (string | null)[][], start = at(0)): Answer => ({
  columns,
  rows,
  raw: false,
  pointers: [],
  groups: [],
  statistics: { matched: 0, scanned: 0, bytes: 0, groups: 1 },
  elapsedMs: 1,
  complete: true,
  soFar: false,
  requestId: 'r',
  start: ns(start),
  end: ns(at(59)),
  ranAt: 0,
});

describe('charts', () => {
  it('are there for numbers by time, with gaps where no row is', () => {
    const a = answer(
      [time, key, number],
      [
        [at(15), 'web', '3'],
        [at(0), 'web', '1'],
        [at(5), 'api', '20'],
        [at(0), null, '2'],
      ],
    );
    const [chart] = chartsOf(a);
    expect(chart).toMatchObject({ measure: 'n', startMs: timeOf(at(0)), stepMs: 300_000, more: 0 });
    expect(chart!.lines.map((l) => [l.label, l.values])).toEqual([
      ['api', [null, 20, null, null]],
      ['web', [1, null, null, 3]],
      ['(none)', [2, null, null, null]],
    ]);
  });
  it('are not there without a time or a number', () => {
    expect(chartsOf(answer([key, number], [['web', '1']]))).toEqual([]);
    expect(chartsOf(answer([time, key], [[at(0), 'web']]))).toEqual([]);
    expect(chartsOf(answer([time, number], []))).toEqual([]);
  });
});

describe('the period before', () => {
  it('stands beside each number, with the change; what is new or gone is marked', () => {
    const now = answer(
      [key, number],
      [
        ['web', '12'],
        ['new', '1'],
      ],
    );
    const before = answer(
      [key, number],
      [
        ['web', '10'],
        ['old', '7'],
      ],
    );
    const c = compared(now, before);
    expect(c.columns.map((x) => x.name)).toEqual(['service', 'n', 'n before', 'Δ n']);
    expect(c.rows).toEqual([
      ['web', '12', '10', '2'],
      ['new', '1', null, '1'],
      ['old', null, '7', '-7'],
    ]);
    expect(c.marks).toEqual(['both', 'new', 'gone']);
  });
  it('matches times as so much later', () => {
    const now = answer([time, number], [[at(35), '5']], at(30));
    const before = answer(
      [time, number],
      [
        [at(5), '4'],
        [at(10), '9'],
      ],
      at(0),
    );
    expect(compared(now, before).rows).toEqual([
      [at(35), '5', '4', '1'],
      [at(40), null, '9', '-9'],
    ]);
  });
});

it('leaves pointers out of tables, and keeps numbers as numbers where they are exact', () => {
  const a = answer(
    [{ name: '@ptr', type: 'pointer', key: false }, key, number],
    [
      ['p', 'web', '1.5'],
      ['p', '007', '12345678901234567890'],
    ],
  );
  expect(shownColumns(a.columns).map((c) => c.at)).toEqual([1, 2]);
  expect(tableOf(a)).toEqual({
    columns: ['service', 'n'],
    rows: [
      ['web', 1.5],
      ['007', '12345678901234567890'],
    ],
  });
});

it('comes back from its address', () => {
  const state = decode(new URLSearchParams('from=now-3h&group=a&group=b&query=fields+x&p.who=ada&diff=1&row=4&view=json'));
  expect(state).toEqual({
    from: 'now-3h',
    to: 'now',
    groups: ['a', 'b'],
    query: 'fields x',
    values: { who: 'ada' },
    view: 'json',
    diff: true,
    row: 4,
  });
  expect(encode({ values: { b: '2' }, row: -1, diff: false, view: 'table' }, state.values)).toEqual({
    'p.who': undefined,
    'p.b': '2',
    row: undefined,
    diff: undefined,
    view: undefined,
  });
  expect(decode(new URLSearchParams('row=-3&view=x'))).toMatchObject({ row: -1, view: 'table', query: '' });
});

it('knows which numbers may stand on one another', () => {
  const query = 'stats count(*) as lines, avg(strlen(@message)) as size, sum(strlen(@message)) as `all` by bin(5m)';
  expect(['lines', 'size', 'all', 'count(*)', 'avg(x)', 'line'].map((m) => addsUp(query, m))).toEqual([
    true,
    false,
    true,
    true,
    false,
    false,
  ]);
});
