// Single values of answers and what they are.
export type Cell = string | number | boolean | null;

export function cellText(v: Cell | undefined): string {
  return v === null || v === undefined ? '(none)' : String(v);
}

// Letters that are read from the right, and the marks that turn the direction of text.
const turning = /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A value as part of a sentence: whatever direction it has, what stands around it keeps its own. */
export function isolated(text: string): string {
  return turning.test(text) ? `\u2068${text}\u2069` : text;
}

/** What a column's numbers are: names say so by custom. */
export function unitOf(column: string | undefined, op?: string): 'ms' | 'ns' | 's' | 'bytes' | 'count' {
  if (op !== undefined && /^COUNT|^CONCURRENCY/.test(op)) return 'count';
  const name = (column ?? '').toLowerCase();
  if (/(^|[._])(duration|latency|elapsed|took)?_?ms$|_milli(s|seconds)$/.test(name)) return 'ms';
  if (/_ns$|_nano(s|seconds)$/.test(name)) return 'ns';
  if (/_seconds$|_secs?$/.test(name)) return 's';
  if (/bytes$|(^|[._])size$|(content|body|header|payload)s?[._]length$/.test(name)) return 'bytes';
  return 'count';
}
