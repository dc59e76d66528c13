// Time ranges as people write them.

export interface Range {
  from: string;
  to: string;
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

/** Reads one moment: now, now-15m, epoch s, ms, µs or ns, ISO, or a time of today; in ms. */
export function parseMoment(text: string, now: number): number | undefined {
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
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(t);
  if (clock) {
    const d = new Date(now);
    d.setHours(Number(clock[1]), Number(clock[2]), Number(clock[3] ?? 0), 0);
    return Number(clock[1]) < 24 && Number(clock[2]) < 60 ? d.getTime() : undefined;
  }
  if (/^\d{4}-\d{2}-\d{2}/.test(t)) {
    const ms = Date.parse(t.replace(' ', 'T'));
    return Number.isNaN(ms) ? undefined : ms;
  }
  return undefined;
}

const ns = (ms: number): string => `${Math.round(ms)}000000`;

/** Reads a range; lengths stay relative, everything else becomes epoch ns. */
export function parseRange(text: string, now: number): Range | undefined {
  const t = text.trim();
  const length = parseLength(t);
  if (length !== undefined) return { from: `now-${shortLength(length)}`, to: 'now' };
  if (t.startsWith('{')) {
    try {
      const g = JSON.parse(t) as { from?: unknown; to?: unknown };
      return parseRange(`${String(g.from)} to ${String(g.to)}`, now);
    } catch {
      return undefined;
    }
  }
  const parts = t.split(/\s+(?:to|–|until|\.\.)\s+|\s+-\s+|(?<=:\d{2})-(?=\d{1,2}:)/);
  if (parts.length === 2) {
    const from = parseMoment(parts[0]!, now);
    const to = parseMoment(parts[1]!, now);
    if (from === undefined || to === undefined || from >= to) return undefined;
    return parts[1] === 'now' && parts[0]!.startsWith('now-') ? { from: parts[0]!, to: 'now' } : { from: ns(from), to: ns(to) };
  }
  const one = parseMoment(t, now);
  return one === undefined || t === 'now' ? undefined : { from: ns(one - 300e3), to: ns(one + 300e3) };
}

/** The shortest way to write a length: 90m, 2h, 3d. */
export function shortLength(ms: number): string {
  for (const u of ['d', 'h', 'm'] as const) {
    if (ms % unitMs[u]! === 0) return `${ms / unitMs[u]!}${u}`;
  }
  return `${Math.round(ms / 1000)}s`;
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
