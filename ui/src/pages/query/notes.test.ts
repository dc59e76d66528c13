import { expect, it } from 'vitest';

import { retainedOf } from '../../app/retained';
import { comparedNote, goneNote, oldestNote } from './notes';
import { bucketsLate, moved, type Result } from './result';

const day = 86_400_000;
const now = Date.UTC(2026, 10, 28, 12);
const ns = (ms: number): string => `${ms}000000`;
const result = (from: number, back = 0): Pick<Result, 'start' | 'end' | 'compare'> => ({
  start: ns(from),
  end: ns(from + 3600e3),
  ...(back && { compare: { offset: back * 1e6, series: { start: '0', step: 1, count: 0, groups: [] } } }),
});
const sixty = retainedOf({ kept_from: ns(now - 60 * day), first: ns(now - 2 * day) }, now);

it('says what a result is compared with', () => {
  expect(comparedNote(result(now - day), true)).toBe('');
  expect(comparedNote(result(now - day, 36 * 3600e3), true)).toBe('compared with 1 day 12 hours before, 2026-11-26 00:00:00 to 01:00:00');
});

it('says what was no longer kept when it ran', () => {
  expect(goneNote(result(now - 59 * day), sixty, now, true)).toBe('');
  expect(goneNote(result(now - 61 * day), sixty, now, true)).toBe(
    'The range begins before what is kept: events are kept 60 days, here from 2026-09-29 12:00:00 on',
  );
  expect(goneNote(result(now - 59 * day, 2 * day), sixty, now, true)).toMatch(/^What it is compared with begins before/);
  // A kept result of ten days ago: what was kept then.
  expect(goneNote(result(now - 61 * day), sixty, now - 10 * day, true)).toBe('');
  expect(goneNote(result(0), retainedOf({}, now), now, true)).toBe('');
});

it('says where events begin, of what ran just now', () => {
  expect(oldestNote(result(now - 3 * day), sixty, now, true)).toBe('the oldest event is of 2026-11-26 12:00:00');
  expect(oldestNote(result(now - day), sixty, now, true)).toBe('');
  expect(oldestNote(result(now - 61 * day), sixty, now, true)).toBe(''); // that is said already
  expect(oldestNote(result(now - 3 * day), sixty, now - day, true)).toBe('');
});

it('lays the earlier buckets over those they belong to', () => {
  const series = (start: number): NonNullable<Result['series']> => ({ start: String(start), step: 60, count: 3, groups: [] });
  const late = (start: number, offset: number, earlier: number): number =>
    bucketsLate({ series: series(start), compare: { offset, series: series(earlier) } });
  expect(late(600, 300, 300)).toBe(0);
  expect(late(600, 50, 540)).toBe(0);
  expect(late(600, 10, 540)).toBe(-1); // begins a bucket too early
  expect(moved([1, 2, 3], -1)).toEqual([2, 3]);
  expect(moved([1, 2], 1)).toEqual([null, 1, 2]);
  expect(moved([1, 2], 0)).toEqual([1, 2]);
});
