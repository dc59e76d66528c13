// What can be typed next in the bar: fields, their values, what was asked before.
import type { Cell } from '../../query/cell';

export interface KnownField {
  name: string;
  fill: number;
  values: readonly { value: Cell; count: number }[];
}

export interface Suggestion {
  /** What is shown. */
  label: string;
  note: string;
  /** What the bar holds after it is taken, and where the caret stands. */
  text: string;
  caret: number;
  /** It is a whole question: it runs when it is taken. */
  run: boolean;
}

const short: readonly (readonly [string, string, string])[] = [
  ['level', 'severity', 'how bad: fatal, error, warn, info, debug, trace'],
  ['service', 'service.name', 'who said it'],
  ['host', 'host.name', 'where it ran'],
  ['group', 'log.group', 'log group'],
  ['stream', 'log.stream', 'log stream'],
  ['trace', 'trace.trace_id', 'trace id'],
];

export const examples: readonly (readonly [string, string])[] = [
  ['level:error', 'a field has a value'],
  ['timeout -health', 'words that lines have, and have not'],
  ['?ERROR ?WARN', 'any of several'],
  ['{ $.status = 5* }', 'a member of JSON lines'],
  ['took:>250', 'a number is more than'],
  ['"connection pool exhausted"', 'an exact phrase'],
];

const most = 9;

/** Suggestions for a caret in a text. */
export function suggest(text: string, caret: number, fields: readonly KnownField[], recent: readonly string[]): Suggestion[] {
  if (text.trim() === '') {
    const past = recent.slice(0, 6).map((t) => [t, 'asked before'] as const);
    return [...past, ...examples.filter(([t]) => !recent.includes(t))]
      .slice(0, most)
      .map(([t, note]) => ({ label: t, note, text: t, caret: t.length, run: true }));
  }
  const before = text.slice(0, caret);
  const json = /^\s*\{/.test(text) ? /\$\.([\w.]*)$/.exec(before) : null;
  const place = (typed: string, put: string): { text: string; caret: number; run: boolean } => {
    const from = caret - typed.length;
    return { text: text.slice(0, from) + put + text.slice(caret), caret: from + put.length, run: false };
  };
  if (json) {
    return named(fields, json[1]!).map((f) => ({ label: `$.${f.name}`, note: share(f.fill), ...place(json[1]!, f.name) }));
  }
  const pair = /(?:^|\s)[-!?]?([A-Za-z_@$][\w.@$\-/]*):("?[^\s"]*)$/.exec(before);
  if (pair) {
    const name = short.find(([s]) => s === pair[1])?.[1] ?? pair[1]!;
    const typed = pair[2]!;
    const needle = typed.replace(/^"/, '').toLowerCase();
    return (fields.find((f) => f.name === name)?.values ?? [])
      .filter((v) => v.value !== null && String(v.value).toLowerCase().includes(needle))
      .slice(0, most)
      .map((v) => ({ label: String(v.value), note: String(v.count), ...place(typed, `${valueText(String(v.value))} `) }));
  }
  const word = /(?:^|\s)[-!?]?([A-Za-z_@$][\w.@$\-/]*)$/.exec(before)?.[1];
  if (word === undefined || /[{[%]/.test(text[0] ?? '')) return [];
  const lower = word.toLowerCase();
  const known = short.filter(([s, f]) => s.startsWith(lower) && fields.some((x) => x.name === f));
  const rest = named(fields, word).filter((f) => !short.some(([, full]) => full === f.name));
  return [
    ...known.map(([s, , note]) => ({ label: `${s}:`, note, ...place(word, `${s}:`) })),
    ...rest.map((f) => ({ label: `${f.name}:`, note: share(f.fill), ...place(word, `${f.name}:`) })),
  ].slice(0, most);
}

function named(fields: readonly KnownField[], typed: string): KnownField[] {
  const needle = typed.toLowerCase();
  const hit = fields.filter((f) => f.name.toLowerCase().includes(needle));
  return hit
    .sort((a, b) => Number(b.name.toLowerCase().startsWith(needle)) - Number(a.name.toLowerCase().startsWith(needle)) || b.fill - a.fill)
    .slice(0, most);
}

const share = (fill: number): string => `in ${fill >= 0.995 ? 'all lines' : `${Math.max(Math.round(fill * 100), 1)}\u2009% of lines`}`;

/** A value as the bar takes it. */
export function valueText(value: string): string {
  return /^[^\s"()*<>=,]+$/.test(value) ? value : `"${value.replace(/(["\\])/g, '\\$1')}"`;
}
