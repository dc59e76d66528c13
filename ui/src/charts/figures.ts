// Rates and shares as people read them.
import { count, digits, duration } from '../time/format';

/** A share as percent. What is not quite none, or not quite all, does not look as if it were. */
export function percent(part: number, whole: number): string {
  if (!(whole > 0)) return '–';
  const share = (100 * part) / whole;
  if (share > 0 && share < 0.01) return '<0.01\u2009%';
  if (share > 99.9 && part < whole) return '>99.9\u2009%';
  return `${digits(share)}\u2009%`;
}

/** Calls a second; of few, those in a minute or an hour. */
export function perSecond(n: number, seconds: number): string {
  const rate = n / Math.max(seconds, 1e-9);
  if (rate === 0 || rate >= 0.0995) return `${count(rate)}/s`;
  if (rate * 60 >= 0.0995) return `${count(tidy(rate * 60))}/min`;
  return `${count(tidy(rate * 3600))}/h`;
}

/** Without what dividing and multiplying leave behind the point. */
const tidy = (n: number): number => (Math.abs(n - Math.round(n)) < 1e-9 ? Math.round(n) : n);

/** A figure on an axis, where it is round: without the zeros that tell how exact a measured one is. */
export const tick = (figure: string): string => figure.replace(/(\.\d*?)0+(?!\d)/, '$1').replace(/\.(?!\d)/, '');

export const ms = (v: number | null): string => (v === null ? '–' : duration(v * 1e6));
