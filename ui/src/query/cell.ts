// Single values of answers and what they are.
export type Cell = string | number | boolean | null;

export function cellText(v: Cell | undefined): string {
  return v === null || v === undefined ? '(none)' : String(v);
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
