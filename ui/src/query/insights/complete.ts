// What can be typed next in Logs Insights QL, what a word means, and what may
// mend a mistake.
import { isKeyword, pieceAt, pieces, type Piece } from './lex';

/** A command or function as the server describes it. */
export interface Help {
  name: string;
  signature: string;
  help: string;
  kind: 'command' | 'function' | 'aggregate';
}

export interface KnownField {
  name: string;
  type: string;
  fill: number;
}

export interface Known {
  commands: readonly Help[];
  functions: readonly Help[];
  fields: readonly KnownField[];
}

export interface Suggestion {
  label: string;
  insert: string;
  detail: string;
  /** The caret goes back by so many characters, into brackets. */
  back?: number;
}

export type Wanted =
  | { kind: 'command' }
  | { kind: 'operand'; aggregates: boolean }
  | { kind: 'operator' }
  | { kind: 'value'; field: string; quote: string }
  | { kind: 'nothing' };

export interface Place {
  wanted: Wanted;
  prefix: string;
  /** What is typed of it begins here; it is replaced up to the caret. */
  from: number;
}

/** Fields that every line has, as CloudWatch names them. */
const systemFields: readonly (readonly [string, string])[] = [
  ['@timestamp', 'when it happened'],
  ['@message', 'the line as it was sent'],
  ['@logStream', 'the stream it came in'],
  ['@log', 'account and log group'],
  ['@ingestionTime', 'when it came in'],
  ['@ptr', 'what GetLogRecord takes'],
];

const operators: readonly (readonly [string, string])[] = [
  ['=', 'is'],
  ['!=', 'is not'],
  ['like', 'holds a text, or matches a pattern'],
  ['not like', 'holds it not'],
  ['in', 'is one of'],
  ['<', ''],
  ['>', ''],
  ['<=', ''],
  ['>=', ''],
  ['and', 'both'],
  ['or', 'either'],
];

const meaning = (list: readonly Piece[]): Piece[] => list.filter((p) => p.kind !== 'space' && p.kind !== 'comment');

export function placeOf(text: string, caret: number): Place {
  const before = text.slice(0, caret);
  const all = pieces(before);
  const end = all.at(-1);
  if (end?.kind === 'comment') return { wanted: { kind: 'nothing' }, prefix: '', from: caret };
  const typing = end && (end.open || ['command', 'function', 'keyword', 'field', 'number'].includes(end.kind)) ? end : undefined;
  const done = meaning(typing ? all.slice(0, -1) : all);
  const from = typing ? typing.from : caret;
  const begin = done.findLastIndex((p) => p.kind === 'sign' && p.text === '|');
  const segment = done.slice(begin + 1);
  const prefix = typing ? typing.text.replace(/^[`"'/]/, '') : '';
  return { wanted: wanted(segment, typing), prefix, from };
}

function wanted(segment: readonly Piece[], typing: Piece | undefined): Wanted {
  const [command] = segment;
  if (!command) return typing && typing.kind !== 'command' ? { kind: 'nothing' } : { kind: 'command' };
  const value = valueWanted(segment, typing);
  if (value) return value;
  if (typing && ['string', 'regex', 'parameter', 'number'].includes(typing.kind)) return { kind: 'nothing' };
  const name = command.text.toLowerCase();
  if (['limit', 'head', 'tail', 'source'].includes(name)) return { kind: 'nothing' };
  const last = segment.at(-1)!;
  const stats = name === 'stats' && !segment.some((p) => p.kind === 'keyword' && /^by$/i.test(p.text));
  const opens = last === command || (last.kind === 'sign' && last.text !== ')' && last.text !== ']');
  if (opens || (last.kind === 'keyword' && /^(?:and|or|not|by|in|on)$/i.test(last.text)))
    return { kind: 'operand', aggregates: stats && !inCall(segment) };
  if (last.kind === 'keyword') return { kind: 'nothing' }; // a new name, or a pattern
  return name === 'filter' || name === 'where' || name === 'stats' || name === 'sort' || name === 'fields'
    ? { kind: 'operator' }
    : { kind: 'nothing' };
}

const inCall = (segment: readonly Piece[]): boolean => {
  let depth = 0;
  for (const p of segment) if (p.kind === 'sign') depth += p.text === '(' ? 1 : p.text === ')' ? -1 : 0;
  return depth > 0;
};

/** After a field and a comparison a value is wanted, in a list too. */
function valueWanted(segment: readonly Piece[], typing: Piece | undefined): Wanted | undefined {
  if (typing?.kind === 'regex') return undefined;
  let i = segment.length - 1;
  while (i >= 0 && (segment[i]!.kind === 'string' || segment[i]!.kind === 'number' || segment[i]!.text === ',')) i--;
  if (segment[i]?.text === '[' || segment[i]?.text === '(') {
    if (!/^in$/i.test(segment[i - 1]?.text ?? '')) return undefined;
    i--;
  } else if (i !== segment.length - 1) return undefined;
  const comparison = segment[i];
  let field = segment[i - 1];
  if (!comparison || !/^(?:=|!=|like|in)$/i.test(comparison.text)) return undefined;
  if (/^in$/i.test(comparison.text) && i === segment.length - 1) return undefined;
  if (field && /^not$/i.test(field.text)) field = segment[i - 2];
  if (field?.kind !== 'field') return undefined;
  return { kind: 'value', field: field.text.replaceAll('`', ''), quote: typing?.kind === 'string' ? typing.text[0]! : '"' };
}

const most = 60;

function ranked<T>(list: readonly T[], prefix: string, name: (x: T) => string): T[] {
  const p = prefix.toLowerCase();
  const rank = (n: string): number => {
    const at = n.toLowerCase().indexOf(p);
    return at < 0 ? -1 : at === 0 ? 0 : /[._@/\- ]/.test(n[at - 1]!) ? 1 : 2;
  };
  return list
    .map((x) => ({ x, r: rank(name(x)) }))
    .filter(({ r }) => r >= 0)
    .sort((a, b) => a.r - b.r)
    .slice(0, most)
    .map(({ x }) => x);
}

/** A name as the language takes it: in back quotes where it holds more than letters, digits, _ @ and dots. */
export function nameText(name: string): string {
  return /^[A-Za-z_@][\w@.]*$/.test(name) && !isKeyword(name) ? name : `\`${name}\``;
}

export function valueText(value: string | number | boolean, quote = '"'): string {
  if (typeof value === 'number') return String(value);
  return quote + String(value).replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`).replaceAll('\n', '\\n') + quote;
}

/** What may stand at a place; values come from the server and are added by the caller. */
export function suggest({ wanted: w, prefix }: Place, known: Known): Suggestion[] {
  switch (w.kind) {
    case 'command':
      return ranked(known.commands, prefix, (c) => c.name).map((c) => ({ label: c.name, insert: `${c.name} `, detail: c.help }));
    case 'operand':
      return operands(prefix, w.aggregates, known);
    case 'operator':
      return prefix === ''
        ? []
        : operators
            .filter(([o]) => o.startsWith(prefix.toLowerCase()) && o !== prefix)
            .map(([o, detail]) => ({ label: o, insert: `${o} `, detail }));
    case 'value':
    case 'nothing':
      return [];
  }
}

function operands(prefix: string, aggregates: boolean, known: Known): Suggestion[] {
  const system = systemFields.map(([name, detail]) => ({ label: name, insert: name, detail }));
  const fields = known.fields.map((f) => ({
    label: f.name,
    insert: nameText(f.name),
    detail: `${f.type} · ${Math.round(f.fill * 100)}\u2009%`,
  }));
  const calls = known.functions.filter((f) => f.kind === 'function' || aggregates);
  const functions = calls
    .sort((a, b) => Number(b.kind === 'aggregate') - Number(a.kind === 'aggregate'))
    .map((f) => ({ label: `${f.name}(…)`, insert: `${f.name}()`, detail: f.help, back: 1 }));
  const order = aggregates ? [...functions.filter((_, i) => calls[i]!.kind === 'aggregate'), ...system, ...fields] : [...system, ...fields];
  const others = prefix === '' ? [] : functions.filter((f) => !order.includes(f));
  return ranked([...order, ...others], prefix, (s) => s.label);
}

/** What the command or function under a place is; undefined for all else. */
export function helpAt(text: string, at: number, known: Known): Help | undefined {
  const p = pieceAt(pieces(text), at);
  if (!p || (p.kind !== 'command' && p.kind !== 'function')) return undefined;
  const name = p.text.toLowerCase();
  return (p.kind === 'command' ? known.commands : known.functions).find((h) => h.name.toLowerCase() === name);
}

/** A mistake that the server found, by characters of the text. */
export interface Mistake {
  from: number;
  to: number;
  message: string;
  /** What to put in its place, where one is known. */
  fix?: string;
}

/** A place in bytes as one in characters. */
export function charsOf(text: string, bytes: number): number {
  let left = bytes;
  let at = 0;
  for (const c of text) {
    const n = c.codePointAt(0)!;
    left -= n < 0x80 ? 1 : n < 0x800 ? 2 : n < 0x10000 ? 3 : 4;
    if (left < 0) break;
    at += c.length;
  }
  return at;
}

export function mistakeOf(text: string, message: string, range: readonly [number, number] | undefined): Mistake {
  const [from, to] = range ? [charsOf(text, range[0]), charsOf(text, range[1])] : [text.length, text.length];
  const fix = /did you mean ([\w@.]+)\?/.exec(message)?.[1];
  return { from, to: Math.max(to, from), message, ...(fix !== undefined && { fix }) };
}

/** Names of {{name}} in a text, in order, inside of quotes too. */
export function parametersOf(text: string): string[] {
  return [...new Set([...text.matchAll(/\{\{\s*([\w.-]+)\s*\}\}/g)].map((m) => m[1]!))];
}

/** A text with values in place of its parameters; back gives the place in the text for one in what was filled. */
export function filled(text: string, values: Readonly<Record<string, string>>): { text: string; back: (at: number) => number } {
  const cuts: { at: number; grew: number; length: number; to: number }[] = [];
  let out = '';
  let from = 0;
  for (const m of text.matchAll(/\{\{\s*([\w.-]+)\s*\}\}/g)) {
    const value = values[m[1]!];
    if (value === undefined || value === '') continue;
    out += text.slice(from, m.index);
    cuts.push({ at: out.length, grew: value.length - m[0].length, length: value.length, to: m.index });
    out += value;
    from = m.index + m[0].length;
  }
  out += text.slice(from);
  const back = (at: number): number => {
    let shift = 0;
    for (const c of cuts) {
      if (at < c.at) break;
      if (at < c.at + c.length) return c.to;
      shift += c.grew;
    }
    return at - shift;
  };
  return { text: out, back };
}
