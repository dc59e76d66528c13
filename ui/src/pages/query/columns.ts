// Which columns raw data has, in which order, and which of many are in view.

/** Fields that tell most of an event, in the order in which they are read. */
const usual = [
  'service.name',
  'name',
  'body',
  'severity',
  'duration_ms',
  'error',
  'status_message',
  'exception.message',
  'http.route',
  'http.request.method',
  'http.response.status_code',
  'db.statement',
  'user.id',
];
const most = 40;

/** The chosen columns, or else those that tell most first. */
export function columnsShown(chosen: readonly string[], known: readonly string[]): string[] {
  if (chosen.length > 0) return [...chosen];
  const first = usual.filter((n) => known.includes(n));
  const ids = (n: string): boolean => /(^|[._])(trace|span|parent)_?id$/.test(n) || n.startsWith('meta.');
  const rest = known.filter((n) => !first.includes(n));
  return [...first, ...rest.filter((n) => !ids(n)), ...rest.filter(ids)].slice(0, most);
}

/** A column put before another. */
export function moved(names: readonly string[], name: string, before: string): string[] {
  const from = names.indexOf(name);
  const to = names.indexOf(before);
  const out = names.filter((n) => n !== name);
  out.splice(to > from ? out.indexOf(before) + 1 : out.indexOf(before), 0, name);
  return out;
}

/** The items of equal size that are in view, and some around. */
export function window1(count: number, size: number, at: number, length: number, around: number): { from: number; to: number } {
  const from = Math.max(Math.floor(at / size) - around, 0);
  return { from: Math.min(from, count), to: Math.min(Math.ceil((at + length) / size) + around, count) };
}
