import { describe, expect, it } from 'vitest';

import { daysLater, monthName, monthOf, weeksOf } from './months';

describe('months', () => {
  it('have weeks that begin on Monday', () => {
    const weeks = weeksOf([2026, 10]);
    expect(weeks[0]).toEqual([undefined, undefined, undefined, undefined, undefined, undefined, '2026-11-01']);
    expect(weeks[1]![0]).toBe('2026-11-02');
    expect(weeks.at(-1)).toEqual(['2026-11-30', undefined, undefined, undefined, undefined, undefined, undefined]);
    expect(weeksOf([2027, 1])).toHaveLength(4); // February that begins on a Monday
  });
  it('know leap years', () => {
    expect(weeksOf([2028, 1]).flat().filter(Boolean)).toHaveLength(29);
    expect(daysLater('2028-02-28', 1)).toBe('2028-02-29');
  });
  it('go on over the end of a year', () => {
    expect(monthOf('2026-12-31', 1)).toEqual([2027, 0]);
    expect(monthOf('2027-01-31', -1)).toEqual([2026, 11]);
    expect(monthOf('2026-03-31', -1)).toEqual([2026, 1]);
    expect(daysLater('2026-12-31', 1)).toBe('2027-01-01');
    expect(monthName([2026, 1])).toBe('February 2026');
  });
});
