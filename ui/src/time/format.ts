// Numbers, lengths and moments as people read them.

/** Three significant digits. */
export function digits(n: number): string {
  const a = Math.abs(n);
  if (a >= 99.95 || n === 0) return n.toFixed(0);
  if (a >= 9.995) return n.toFixed(1);
  if (a >= 0.995) return n.toFixed(2);
  return n.toPrecision(2);
}

/** A length in nanoseconds with its unit apart, so that the unit can be drawn fainter. */
export function durationParts(ns: number): [string, string] {
  if (ns < 1_000) return [String(Math.round(ns)), 'ns'];
  if (ns < 999_500) return [digits(ns / 1e3), 'µs'];
  if (ns < 999_500_000) return [digits(ns / 1e6), 'ms'];
  if (ns < 120e9) return [digits(ns / 1e9), 's'];
  if (ns < 120 * 60e9) return [digits(ns / 60e9), 'min'];
  if (ns < 48 * 3600e9) return [digits(ns / 3600e9), 'h'];
  return [digits(ns / 86_400e9), 'd'];
}

export function duration(ns: number): string {
  return durationParts(ns).join('\u2009');
}

/** A size; a kB has 1,000 bytes. */
export function bytes(n: number): string {
  for (const [factor, name] of [
    [1e9, 'GB'],
    [1e6, 'MB'],
    [1e3, 'kB'],
  ] as const) {
    if (n >= factor) return `${digits(n / factor)}\u2009${name}`;
  }
  return `${Number.isInteger(n) ? n : digits(n)}\u2009B`;
}

export function count(n: number): string {
  if (n < 10_000) return Number.isInteger(n) ? String(n) : digits(n);
  if (n < 1e6) return digits(n / 1e3) + '\u2009k';
  if (n < 1e9) return digits(n / 1e6) + '\u2009M';
  return digits(n / 1e9) + '\u2009G';
}

const pad = (n: number, width = 2): string => String(n).padStart(width, '0');

/** Adds an offset in ns to a base in ns given as text, in whole milliseconds since 1970. */
export function momentMs(base: string, offset = 0): number {
  return Number((BigInt(base) + BigInt(Math.round(offset))) / 1_000_000n);
}

export function clock(ms: number, utc: boolean, withMs = false): string {
  const d = new Date(ms);
  const [h, m, s, f] = utc
    ? [d.getUTCHours(), d.getUTCMinutes(), d.getUTCSeconds(), d.getUTCMilliseconds()]
    : [d.getHours(), d.getMinutes(), d.getSeconds(), d.getMilliseconds()];
  return `${pad(h)}:${pad(m)}:${pad(s)}${withMs ? '.' + pad(f, 3) : ''}`;
}

export function day(ms: number, utc: boolean): string {
  const d = new Date(ms);
  return utc ? d.toISOString().slice(0, 10) : `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}`;
}

/** A moment to the minute. */
export function minute(ms: number, utc: boolean): string {
  return `${day(ms, utc)} ${clock(ms, utc).slice(0, 5)}`;
}

export function ago(ms: number): string {
  const s = Math.max(ms, 0) / 1000;
  if (s < 10) return `${s.toFixed(1)} s ago`;
  if (s < 120) return `${Math.round(s)} s ago`;
  if (s < 7200) return `${Math.round(s / 60)} min ago`;
  if (s < 48 * 3600) return `${Math.round(s / 3600)} h ago`;
  return `${Math.round(s / 86400)} d ago`;
}
