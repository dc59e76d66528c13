// The earlier period that a question is compared with.
import { lengthWords } from '../time/range';
import { parseCompare } from './parse';
import type { Earlier } from './question';

export function earlierWords(c: Earlier): string {
  return c === 'previous' ? 'the period before' : `${lengthWords(c)} before`;
}

const shortest: Record<string, number> = { s: 1, sec: 1, second: 1, m: 60, min: 60, minute: 60, h: 3600, hr: 3600, hour: 3600, d: 86400, day: 86400, w: 604800, week: 604800 }; // prettier-ignore

/** Reads what a person writes: 36h, 1 day 12 hours before, a week ago, previous; undefined if it is none. */
export function readEarlier(text: string): Earlier | undefined {
  const t = text
    .trim()
    .toLowerCase()
    .replace(/\s+(before|earlier|ago)$/, '');
  if (/^(the )?(previous|prev|period before|previous period|period)$/.test(t)) return 'previous';
  if (t === 'yesterday') return 86400;
  let seconds = 0;
  const left = t.replace(/(\d+(?:\.\d+)?\s*|\ban?\s+)([a-z]+)/g, (all, n: string, word: string) => {
    const unit = shortest[word] ?? shortest[word.replace(/s$/, '')];
    if (unit === undefined) return all;
    seconds += (n.startsWith('a') ? 1 : Number(n)) * unit;
    return '';
  });
  if (/[^\s,+]/.test(left.replace(/\band\b/g, '')) || seconds === 0) return undefined;
  try {
    return parseCompare(`${Math.round(seconds)}s`);
  } catch {
    return undefined;
  }
}
