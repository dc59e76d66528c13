import { describe, expect, it } from 'vitest';

import { percent, perSecond, tick } from './figures';

describe('rates', () => {
  it.each([
    [0, 3600, '0/s'],
    [7200, 3600, '2/s'],
    [360, 3600, '0.10/s'],
    [40, 3600, '0.67/min'],
    [60, 3600, '1/min'],
    [1, 3600, '1/h'],
    [3, 3600, '3/h'],
    [1, 86_400, '0.042/h'],
  ])('%d in %d s are %s', (n, seconds, text) => expect(perSecond(n, seconds)).toBe(text));
});

describe('shares', () => {
  it.each([
    [0, 10, '0\u2009%'],
    [10, 10, '100\u2009%'],
    [1, 226_000, '<0.01\u2009%'],
    [225_999, 226_000, '>99.9\u2009%'],
    [1, 8, '12.5\u2009%'],
    [1, 5000, '0.020\u2009%'],
    [0, 0, '–'],
  ])('%d of %d are %s', (part, whole, text) => expect(percent(part, whole)).toBe(text));
});

describe('figures on an axis', () => {
  it.each([
    ['1.00\u2009ms', '1\u2009ms'],
    ['0.0050', '0.005'],
    ['60.0\u2009k', '60\u2009k'],
    ['2.50\u2009s', '2.5\u2009s'],
    ['100', '100'],
    ['0', '0'],
    ['0.10', '0.1'],
  ])('%s is written %s', (figure, text) => expect(tick(figure)).toBe(text));
});
