import { expect, it } from 'vitest';

import { ago, clock, count, day, digits, duration, momentMs } from './format';

it.each([
  [0, '0'],
  [0.0123, '0.012'],
  [1.234, '1.23'],
  [12.34, '12.3'],
  [123.4, '123'],
])('gives %d three digits', (n, text) => expect(digits(n)).toBe(text));

it.each([
  [0, '0 ns'],
  [999, '999 ns'],
  [1_500, '1.50 µs'],
  [999_499, '999 µs'],
  [999_900, '1.00 ms'],
  [12_340_000, '12.3 ms'],
  [1_240_000_000, '1.24 s'],
  [180e9, '3.00 min'],
  [7_200e9, '2.00 h'],
  [30 * 86_400e9, '30.0 d'],
])('writes %d ns', (n, text) => expect(duration(n).replace('\u2009', ' ')).toBe(text));

it.each([
  [312, '312'],
  [9999, '9999'],
  [12_400, '12.4 k'],
  [1_200_000, '1.20 M'],
  [2.5, '2.50'],
])('counts %d', (n, text) => expect(count(n).replace('\u2009', ' ')).toBe(text));

it('adds offsets to a base beyond what a number holds', () => {
  expect(momentMs('1773144000123456789', 900_000_000)).toBe(1773144001023);
});

it('writes moments in UTC', () => {
  const ms = Date.parse('2026-03-10T09:05:07.042Z');
  expect(clock(ms, true)).toBe('09:05:07');
  expect(clock(ms, true, true)).toBe('09:05:07.042');
  expect(day(ms, true)).toBe('2026-03-10');
});

it.each([
  [400, '0.4 s ago'],
  [42_000, '42 s ago'],
  [600_000, '10 min ago'],
  [3 * 3600e3, '3 h ago'],
  [72 * 3600e3, '3 d ago'],
  [-5, '0.0 s ago'],
])('says how long ago %d ms was', (ms, text) => expect(ago(ms)).toBe(text));
