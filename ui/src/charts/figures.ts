// Rates and shares as people read them.
import { count, digits, duration } from '../time/format';

/** A share as percent. */
export const percent = (part: number, whole: number): string => (whole > 0 ? `${digits((100 * part) / whole)}\u2009%` : '–');

/** Calls a second. */
export const perSecond = (n: number, seconds: number): string => `${count(n / Math.max(seconds, 1e-9))}/s`;

export const ms = (v: number | null): string => (v === null ? '–' : duration(v * 1e6));
