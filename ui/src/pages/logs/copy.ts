// Several lines as text for elsewhere.
import type { Cell } from '../../query/cell';
import { day, clock } from '../../time/format';
import { withoutAnsi } from '../../widgets/ansi';
import { sourceOf, type Line } from './lines';

const stamp = (l: Line): string => `${day(l.ms, true)}T${clock(l.ms, true, true)}Z`;

/** One line each: when, how bad, who, what. */
export function asText(lines: readonly Line[]): string {
  return lines
    .map((l) => `${stamp(l)} ${l.level === 'none' ? '-' : l.level.toUpperCase()} ${l.service || sourceOf(l).group} ${withoutAnsi(l.body)}`)
    .join('\n');
}

/** An array of objects with all that is known of each. */
export function asJSON(lines: readonly Line[]): string {
  return JSON.stringify(
    lines.map((l): Record<string, Cell> => ({ time: l.ns, dataset: l.dataset, ...Object.fromEntries(l.fields) })),
    null,
    2,
  );
}

/** A block of code that chats and issues show as it is. */
export function asMarkdown(lines: readonly Line[]): string {
  const text = asText(lines);
  const longest = [...text.matchAll(/`+/g)].reduce((n, m) => Math.max(n, m[0].length), 2);
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}
