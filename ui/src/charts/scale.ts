// Scales and marks of charts with time across and a number up.
import { bytes, clock, count, day, duration } from '../time/format';

export type Unit = 'ms' | 'ns' | 's' | 'bytes' | 'count';

/** A number in its unit, as people read it. */
export function valueLabel(v: number, unit: Unit): string {
  const sign = v < 0 ? '−' : '';
  const a = Math.abs(v);
  if (unit === 'ms') return a === 0 ? '0' : sign + duration(a * 1e6);
  if (unit === 'ns') return a === 0 ? '0' : sign + duration(a);
  if (unit === 's') return a === 0 ? '0' : sign + duration(a * 1e9);
  if (unit === 'bytes') return a === 0 ? '0' : sign + bytes(a);
  return sign + count(a);
}

export interface YScale {
  log: boolean;
  min: number;
  max: number;
  /** There are no values between whole numbers. */
  whole?: boolean;
}

/** Where a value lies between bottom (0) and top (1). */
export function share(v: number, s: YScale): number {
  if (!s.log) return (v - s.min) / (s.max - s.min);
  return Math.log(Math.max(v, s.min) / s.min) / Math.log(s.max / s.min);
}

/** The value at a share of the height. */
export function valueAt(f: number, s: YScale): number {
  return s.log ? s.min * (s.max / s.min) ** f : s.min + f * (s.max - s.min);
}

/** A scale that holds all values: from zero when linear, from the smallest positive one when log. */
export function scaleOf(min: number, max: number, log: boolean, smallest: number): YScale {
  if (log && max > 0) {
    const low = smallest > 0 && smallest < max ? smallest : max / 10;
    return { log: true, min: low / 1.2, max: max * 1.15 };
  }
  const low = Math.min(min, 0);
  const high = Math.max(max, 0);
  return { log: false, min: low, max: high > low ? high + (high - low) * 0.06 : low + 1 };
}

/** Three to five round marks; of what is counted, whole ones. */
export function yMarks(s: YScale): number[] {
  if (s.log) {
    const out: number[] = [];
    for (let p = Math.ceil(Math.log10(s.min) - 1e-9); 10 ** p <= s.max; p++) out.push(10 ** p);
    if (out.length >= 2) {
      const every = Math.ceil(out.length / 5);
      return out.filter((_, i) => i % every === 0);
    }
    return [s.min * 1.2, Math.sqrt(s.min * s.max), s.max / 1.15];
  }
  const raw = (s.max - s.min) / (s.whole ? 4.99 : 4);
  const power = 10 ** Math.floor(Math.log10(raw));
  const round = [1, 2, 2.5, 5, 10].map((m) => m * power).filter((m) => !s.whole || Number.isInteger(m));
  const step = round.find((m) => m >= raw * 0.999) ?? Math.max(10 * power, s.whole ? 1 : 0);
  const out: number[] = [];
  for (let v = Math.ceil(s.min / step) * step; v <= s.max; v += step) out.push(Math.abs(v) < step / 1e6 ? 0 : v);
  return out;
}

const second = 1000;
const steps = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
  86400, 172800, 604800, 1209600, 2592000,
].map((s) => s * second);

/** Moments to mark between two, in ms, at round times of the shown zone. */
export function timeMarks(from: number, to: number, width: number, utc: boolean): { at: number; label: string }[] {
  const most = Math.max(width / 90, 1);
  const step = steps.find((s) => (to - from) / s <= most) ?? steps.at(-1)!;
  const zone = utc ? 0 : new Date(from).getTimezoneOffset() * 60_000;
  const out: { at: number; label: string }[] = [];
  for (let t = Math.ceil((from - zone) / step) * step + zone; t <= to; t += step) {
    const midnight = clock(t, utc) === '00:00:00';
    out.push({
      at: t,
      label:
        step >= 86400 * second || midnight
          ? day(t, utc).slice(5)
          : clock(t, utc, step < second).slice(0, step < second ? 12 : step < 60 * second ? 8 : 5),
    });
  }
  return out;
}
