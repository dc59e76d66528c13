// Time ranges as people write them.

export interface Range {
  from: string;
  to: string;
}

/** The range so many ms before and after a moment in ns. */
export function around(at: string | bigint, ms: number): Range {
  const [middle, half] = [BigInt(at), BigInt(ms) * 1_000_000n];
  return { from: String(middle - half), to: String(middle + half) };
}

export const presets = ['5m', '15m', '1h', '3h', '12h', '1d', '3d', '7d', '30d'];

const unitMs: Record<string, number> = { s: 1e3, m: 60e3, h: 3600e3, d: 86400e3, w: 7 * 86400e3 };
const names: Record<string, string> = { second: 's', sec: 's', minute: 'm', min: 'm', hour: 'h', hr: 'h', day: 'd', week: 'w' };

/** Reads a length like 15m, "last 3 days" or 90 min; undefined if it is none. */
export function parseLength(text: string): number | undefined {
  const m = /^(?:last\s+|past\s+)?(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text.trim());
  if (!m) return undefined;
  const word = m[2]!.toLowerCase();
  const unit = unitMs[word] ? word : (names[word] ?? names[word.replace(/s$/, '')]);
  const ms = unit ? Number(m[1]) * unitMs[unit]! : 0;
  return ms >= 1000 && ms <= 400 * 86400e3 ? ms : undefined;
}

/** The start of a day of the shown zone, so many days after that of a moment. */
function midnight(ms: number, utc: boolean, days = 0): number {
  const d = new Date(ms);
  return utc
    ? Date.UTC(d.getUTCFullYear(), d.getUTCMonth(), d.getUTCDate() + days)
    : new Date(d.getFullYear(), d.getMonth(), d.getDate() + days).getTime();
}

/** Reads a time of day like 14:00, 9am, yesterday 9:30pm; a bare number is none. Without a word for it the day is that of `onDay`. */
function parseClock(text: string, now: number, utc: boolean, onDay: number): number | undefined {
  const m = /^(?:(today|yesterday)\s*(?:at\s+)?)?(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?\s*(am|pm)?$/i.exec(text);
  if (!m || (!m[3] && !m[5])) return undefined;
  const [half, minutes, seconds] = [m[5]?.toLowerCase(), Number(m[3] ?? 0), Number(m[4] ?? 0)];
  let hours = Number(m[2]);
  if (half && (hours < 1 || hours > 12)) return undefined;
  if (half) hours = (hours % 12) + (half === 'pm' ? 12 : 0);
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  const d = new Date(midnight(m[1] ? now : onDay, utc, m[1]?.toLowerCase() === 'yesterday' ? -1 : 0));
  // Set rather than added: the day may be one on which clocks change.
  if (utc) d.setUTCHours(hours, minutes, seconds);
  else d.setHours(hours, minutes, seconds);
  return d.getTime();
}

/** Reads one moment: now, now-15m, epoch s, ms, µs or ns, ISO, or a time of a day; in ms. What names no zone is in the shown one. */
export function parseMoment(text: string, now: number, utc = false): number | undefined {
  const t = text.trim();
  if (t === 'now') return now;
  if (t.startsWith('now-')) {
    const ms = parseLength(t.slice(4));
    return ms === undefined ? undefined : now - ms;
  }
  if (/^\d{9,19}$/.test(t)) {
    if (t.length <= 10) return Number(t) * 1000;
    if (t.length <= 13) return Number(t);
    return t.length <= 16 ? Number(BigInt(t) / 1000n) : Number(BigInt(t) / 1_000_000n);
  }
  if (/^\d{4}-\d{2}-\d{2}/.test(t)) {
    const iso = t.replace(' ', 'T').replace(/^[^T]*$/, '$&T00:00');
    const ms = Date.parse(utc && !/(?:Z|[+-]\d{2}:?\d{2})$/i.test(iso.slice(10)) ? `${iso}Z` : iso);
    return Number.isNaN(ms) ? undefined : ms;
  }
  return parseClock(t, now, utc, now);
}

/** Reads whole days: today, yesterday, 2026-03-10. */
function parseDay(text: string, now: number, utc: boolean): [number, number] | undefined {
  if (/^today$/i.test(text)) return [midnight(now, utc), now];
  if (/^yesterday$/i.test(text)) return [midnight(now, utc, -1), midnight(now, utc)];
  const from = /^\d{4}-\d{2}-\d{2}$/.test(text) ? parseMoment(text, now, utc) : undefined;
  return from === undefined ? undefined : [from, midnight(from, utc, 1)];
}

const ns = (ms: number): string => `${Math.round(ms)}000000`;

/** From the first moment of a day to the last of another, or until now; both are like 2026-03-10, in any order. */
export function wholeDays(one: string, other: string, now: number, utc: boolean): Range {
  const [first, last] = one < other ? [one, other] : [other, one];
  const end = midnight(parseMoment(last, now, utc)!, utc, 1);
  return { from: ns(parseMoment(first, now, utc)!), to: ns(Math.min(end, now)) };
}

/** Reads a range; lengths stay relative, everything else becomes epoch ns. */
export function parseRange(text: string, now: number, utc = false): Range | undefined {
  const t = text.trim();
  const length = parseLength(t);
  if (length !== undefined) return { from: `now-${shortLength(length)}`, to: 'now' };
  if (t.startsWith('{')) {
    try {
      const g = JSON.parse(t) as { from?: unknown; to?: unknown };
      return parseRange(`${String(g.from)} to ${String(g.to)}`, now, utc);
    } catch {
      return undefined;
    }
  }
  const wholeDay = parseDay(t, now, utc);
  if (wholeDay && wholeDay[0] < wholeDay[1]) return { from: ns(wholeDay[0]), to: ns(wholeDay[1]) };
  const parts = t.split(/\s+(?:to|–|until|\.\.)\s+|\s+-\s+|(?<=:\d{2}|[ap]m)-(?=\d{1,2}(?::|[ap]m))/i);
  if (parts.length === 2) {
    const from = parseMoment(parts[0]!, now, utc) ?? parseDay(parts[0]!.trim(), now, utc)?.[0];
    if (from === undefined) return undefined;
    // An end that is only a time of day is on the day of the start.
    const to =
      parseClock(parts[1]!.trim(), now, utc, from) ?? parseMoment(parts[1]!, now, utc) ?? parseDay(parts[1]!.trim(), now, utc)?.[1];
    if (to === undefined || from >= to) return undefined;
    return parts[1] === 'now' && parts[0]!.startsWith('now-') ? { from: parts[0]!, to: 'now' } : { from: ns(from), to: ns(to) };
  }
  const one = parseMoment(t, now, utc);
  return one === undefined || t === 'now' ? undefined : { from: ns(one - 300e3), to: ns(one + 300e3) };
}

/** The shortest way to write a length: 90m, 2h, 3d. */
export function shortLength(ms: number): string {
  for (const u of ['d', 'h', 'm'] as const) {
    if (ms % unitMs[u]! === 0) return `${ms / unitMs[u]!}${u}`;
  }
  return `${Math.round(ms / 1000)}s`;
}

const wordUnits: [seconds: number, one: string, many: string][] = [
  [86400, 'day', 'days'],
  [3600, 'hour', 'hours'],
  [60, 'minute', 'minutes'],
  [1, 'second', 'seconds'],
];

/** A length in whole words: 1 day 12 hours. */
export function lengthWords(seconds: number): string {
  let rest = Math.round(seconds);
  const parts = wordUnits.flatMap(([n, one, many]) => {
    const some = Math.floor(rest / n);
    rest -= some * n;
    return some === 0 ? [] : [`${some} ${some === 1 ? one : many}`];
  });
  return parts.join(' ') || 'no time';
}

/** Resolves a range to ms at a moment. */
export function resolve(r: Range, now: number): [number, number] {
  return [parseMoment(r.from, now) ?? now - 3600e3, parseMoment(r.to, now) ?? now];
}

const durationMs: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, m: 60e3, min: 60e3 };

/** Reads a duration like 250ms, 1.5 s or a bare number of milliseconds; in ms. */
export function parseDuration(text: string): number | undefined {
  const m = /^(\d+(?:\.\d+)?)\s*([a-zµ]*)$/i.exec(text.trim());
  if (!m) return undefined;
  const unit = m[2]!.toLowerCase() || 'ms';
  return Object.hasOwn(durationMs, unit) ? Number(m[1]) * durationMs[unit]! : undefined;
}

/** A range moved by a share of its length, or grown by a factor around its middle. */
export function change(r: Range, now: number, by: { shift?: number; grow?: number }): Range {
  const [from, to] = resolve(r, now);
  const length = to - from;
  if (by.grow && r.to === 'now' && r.from.startsWith('now-'))
    return { from: `now-${shortLength(Math.min(Math.max(length * by.grow, 60e3), 400 * 86400e3))}`, to: 'now' };
  const more = by.grow ? (length * (by.grow - 1)) / 2 : 0;
  const d = length * (by.shift ?? 0);
  return { from: ns(from + d - more), to: ns(to + d + more) };
}
