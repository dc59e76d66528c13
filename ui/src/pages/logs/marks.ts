// What to mark in lines for a text of the bar. The server reads the text; here
// only the words that lines are looked through for are picked out of it.
import type { Mark } from './runs';

const itemAt = /([-!?]?)(?:([A-Za-z_@$][\w.@$\-/]*):(?:[<>=]*)(?!\/\/))?("(?:[^"\\]|\\.)*"|[^\s"]+)/g;
const quotedAt = /"((?:[^"\\]|\\.)*)"/g;

const unquoted = (text: string): string => (text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text);
const bare = (text: string): string => text.replace(/^\*+|\*+$/g, '');

/** Words, phrases and values that a matching line may hold, in amber. */
export function marksOf(text: string): Mark[] {
  const t = text.trim();
  const found = /^[{[]/.test(t) ? inBrackets(t) : items(t);
  const seen = new Set<string>();
  return found
    .filter((m) => m.length > 0 && !m.includes('*') && !seen.has(m) && seen.add(m))
    .slice(0, 20)
    .map((m) => ({ text: m, slot: 0, exact: true }));
}

/** In { … } and [ … ] only what stands in quotes, or equals something, is text of a line. */
function inBrackets(text: string): string[] {
  const quoted = [...text.matchAll(quotedAt)].map((m) => bare(m[1]!.replace(/\\(.)/g, '$1')));
  const values = [...text.replace(quotedAt, '').matchAll(/[^!<>]=\s*([\w./:*-]+)/g)].map((m) => bare(m[1]!));
  return [...quoted, ...values.filter((v) => v.length > 2)];
}

function items(text: string): string[] {
  const condition = /\s(?:=|!=|<|>|<=|>=|contains|starts-with|ends-with|in|search)\s/.test(` ${text} `);
  if (condition) return [...text.matchAll(quotedAt)].map((m) => m[1]!);
  return [...text.matchAll(itemAt)].flatMap(([, sign, field, value]) => {
    if (sign === '-' || sign === '!' || /^(?:AND|OR|NOT)$/.test(value!)) return [];
    if (value!.startsWith('%')) return [];
    // Levels and services have columns of their own.
    if (field && /^(?:level|service|host|group|stream|severity|service\.name)$/.test(field)) return [];
    return field ? unquoted(value!).split(',').map(bare) : [unquoted(value!)];
  });
}
