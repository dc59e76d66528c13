import { describe, expect, it } from 'vitest';

import { parseLength, parseMoment, parseRange, resolve, shortLength, wholeDays } from './range';

const now = Date.parse('2026-03-10T12:00:00Z');
const ns = (iso: string): string => `${Date.parse(iso)}000000`;

describe('parseLength', () => {
  it.each([
    ['15m', 900e3],
    ['last 3 days', 3 * 86400e3],
    ['past 2 hours', 7200e3],
    ['90 min', 5400e3],
    ['1.5h', 5400e3],
    ['30 seconds', 30e3],
    ['1w', 7 * 86400e3],
  ])('reads %s', (text, ms) => expect(parseLength(text)).toBe(ms));

  it.each(['', 'm', '15', '15 parsecs', '-5m', '0m', '9999w', 'constructor', '5 constructor'])('refuses %j', (text) =>
    expect(parseLength(text)).toBeUndefined(),
  );
});

describe('parseMoment', () => {
  it.each([
    ['now', now],
    ['now-1h', now - 3600e3],
    ['1773144000', 1773144000e3],
    ['1773144000123', 1773144000123],
    ['1773144000123456', 1773144000123],
    ['1773144000123456789', 1773144000123],
    ['2026-03-10T09:30:00Z', Date.parse('2026-03-10T09:30:00Z')],
  ])('reads %s', (text, ms) => expect(parseMoment(text, now)).toBe(ms));

  it.each(['25:00', '12:61', '2026-99-99', 'soon', ''])('refuses %j', (text) => expect(parseMoment(text, now)).toBeUndefined());
});

describe('parseRange', () => {
  it('keeps lengths relative', () => {
    expect(parseRange('last 3 days', now)).toEqual({ from: 'now-3d', to: 'now' });
    expect(parseRange('now-2h to now', now)).toEqual({ from: 'now-2h', to: 'now' });
  });
  it('reads pairs of ISO times', () => {
    expect(parseRange('2026-03-10T09:00:00Z to 2026-03-10T10:00:00Z', now)).toEqual({
      from: ns('2026-03-10T09:00:00Z'),
      to: ns('2026-03-10T10:00:00Z'),
    });
    expect(parseRange('2026-03-10T09:00:00Z - 2026-03-10T10:00:00Z', now)).toEqual({
      from: ns('2026-03-10T09:00:00Z'),
      to: ns('2026-03-10T10:00:00Z'),
    });
  });
  it('reads what Grafana copies', () => {
    expect(parseRange('{"from":"now-6h","to":"now"}', now)).toEqual({ from: 'now-6h', to: 'now' });
    expect(parseRange('{"from":1773144000000,"to":1773147600000}', now)).toEqual({
      from: '1773144000000000000',
      to: '1773147600000000000',
    });
    expect(parseRange('{broken', now)).toBeUndefined();
  });
  it('reads times of a day, the second later than the first', () => {
    const r = parseRange('14:00-14:30', now)!;
    expect(BigInt(r.to) - BigInt(r.from)).toBe(30n * 60n * 1_000_000_000n);
    expect(parseRange('14:30-14:00', now)).toBeUndefined();
  });
  it('makes five minutes either side of one moment', () => {
    expect(parseRange('2026-03-10T09:00:00Z', now)).toEqual({ from: ns('2026-03-10T08:55:00Z'), to: ns('2026-03-10T09:05:00Z') });
  });
  it.each(['', 'now', 'yesterdayish', '2026-03-10T10:00:00Z to 2026-03-10T09:00:00Z'])('refuses %j', (t) =>
    expect(parseRange(t, now)).toBeUndefined(),
  );
});

it('writes a length in its largest unit', () => {
  expect([90 * 60e3, 7200e3, 3 * 86400e3, 45e3].map(shortLength)).toEqual(['90m', '2h', '3d', '45s']);
});

it('resolves a range, falling back to the last hour', () => {
  expect(resolve({ from: 'now-15m', to: 'now' }, now)).toEqual([now - 900e3, now]);
  expect(resolve({ from: 'nonsense', to: 'now' }, now)).toEqual([now - 3600e3, now]);
});

describe('times of a day, in the shown zone', () => {
  it.each([
    ['yesterday 9am to 11am', '2026-03-09T09:00:00Z', '2026-03-09T11:00:00Z'],
    ['yesterday 11pm to today 1:30am', '2026-03-09T23:00:00Z', '2026-03-10T01:30:00Z'],
    ['today 9:15 to 10:00', '2026-03-10T09:15:00Z', '2026-03-10T10:00:00Z'],
    ['9am-11am', '2026-03-10T09:00:00Z', '2026-03-10T11:00:00Z'],
    ['08:00-08:30', '2026-03-10T08:00:00Z', '2026-03-10T08:30:00Z'],
    ['yesterday', '2026-03-09T00:00:00Z', '2026-03-10T00:00:00Z'],
    ['today', '2026-03-10T00:00:00Z', '2026-03-10T12:00:00Z'],
    ['2026-03-08', '2026-03-08T00:00:00Z', '2026-03-09T00:00:00Z'],
    ['2026-03-07 to 2026-03-08', '2026-03-07T00:00:00Z', '2026-03-08T00:00:00Z'],
    ['2026-03-08 09:00 to 10:00', '2026-03-08T09:00:00Z', '2026-03-08T10:00:00Z'],
    ['2026-03-08 09:00 to 2026-03-08 10:00', '2026-03-08T09:00:00Z', '2026-03-08T10:00:00Z'],
    ['2026-03-08T09:00:00+02:00 to 2026-03-08T10:00:00+02:00', '2026-03-08T07:00:00Z', '2026-03-08T08:00:00Z'],
  ])('reads %s', (text, from, to) => expect(parseRange(text, now, true)).toEqual({ from: ns(from), to: ns(to) }));
  it.each(['13pm to 2pm', 'yesterday 25:00 to 26:00', '10:00 to 9:00', '9 to 11'])('refuses %j', (text) =>
    expect(parseRange(text, now, true)).toBeUndefined(),
  );
});

describe('wholeDays', () => {
  const now = Date.parse('2026-11-28T15:00Z');
  const ns = (iso: string): string => `${Date.parse(iso)}000000`;
  it('ends with the last day, whichever was picked first', () => {
    const want = { from: ns('2026-11-03T00:00Z'), to: ns('2026-11-06T00:00Z') };
    expect(wholeDays('2026-11-03', '2026-11-05', now, true)).toEqual(want);
    expect(wholeDays('2026-11-05', '2026-11-03', now, true)).toEqual(want);
  });
  it('does not go beyond now', () => {
    expect(wholeDays('2026-11-28', '2026-11-28', now, true)).toEqual({ from: ns('2026-11-28T00:00Z'), to: `${now}000000` });
  });
});
