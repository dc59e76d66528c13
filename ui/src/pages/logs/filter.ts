// What somebody wrote into the bar: field:value text, a condition of the query
// language, or a CloudWatch filter pattern. Here it becomes a condition, as far
// as the browser can know; patterns with brackets are the server's to read.
import { levelOf } from '../../charts/level';
import { ident, quote, TextError } from '../../query/lex';
import { parseWhere } from '../../query/parse';
import { whereText } from '../../query/print';

export type Kind = 'empty' | 'fields' | 'condition' | 'pattern';

export interface Understood {
  kind: Kind;
  /** The condition as one line; undefined where only the server can tell. */
  where: string | undefined;
  /** Texts to mark in the lines. */
  marks: string[];
  /** What is wrong, and at which character. */
  error?: { at: number; message: string };
}

/** What people call the fields of lines. */
const aliases: Readonly<Record<string, string>> = {
  level: 'severity',
  service: 'service.name',
  host: 'host.name',
  group: 'log.group',
  stream: 'log.stream',
  trace: 'trace.trace_id',
  message: 'body',
  msg: 'body',
};

export const kindWords: Readonly<Record<Kind, string>> = {
  empty: '',
  fields: 'fields',
  condition: 'condition',
  pattern: 'filter pattern',
};

interface Term {
  at: number;
  not: boolean;
  optional: boolean;
  field: string;
  value: string;
  quoted: boolean;
}

const termAt = /([-!?]?)(?:([A-Za-z_@$][\w.@$\-/]*|"(?:[^"\\]|\\.)+"):(?!\/\/))?("(?:[^"\\]|\\.)*"|\([^()]*\)|[^\s"]+|$)/y;

/** Cuts a text into terms; undefined where a quote is not closed. */
function terms(text: string): Term[] {
  const out: Term[] = [];
  let at = 0;
  for (;;) {
    while (/\s/.test(text[at] ?? '')) at++;
    if (at >= text.length) return out;
    termAt.lastIndex = at;
    const m = termAt.exec(text);
    if (!m || m[0] === '') throw new TextError(at, 'the text that begins here is not closed with a quote');
    const raw = m[3]!;
    const quoted = raw.startsWith('"');
    out.push({
      at,
      not: m[1] === '-' || m[1] === '!',
      optional: m[1] === '?',
      field: m[2] ? unquoted(m[2]) : '',
      value: quoted ? unquoted(raw) : raw,
      quoted,
    });
    at += m[0].length;
  }
}

function unquoted(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text;
}

/** Reads the bar. */
export function understand(text: string): Understood {
  const t = text.trim();
  if (t === '') return { kind: 'empty', where: '', marks: [] };
  if (/^[{[]/.test(t) || /^%.*%$/s.test(t)) return { kind: 'pattern', where: undefined, marks: [] };
  let list: Term[];
  try {
    list = terms(text);
  } catch (e) {
    return { kind: 'fields', where: undefined, marks: [], error: { at: (e as TextError).at, message: (e as Error).message } };
  }
  if (list.some((x) => x.field !== '')) return fields(list);
  const condition = asCondition(t);
  if (condition !== undefined) return { kind: 'condition', where: condition, marks: [] };
  return pattern(list);
}

function asCondition(text: string): string | undefined {
  try {
    const where = parseWhere(text);
    return where.terms.length > 0 ? whereText(where) : undefined;
  } catch {
    return undefined;
  }
}

/** Terms that must all be there, those with ? of which any is enough, those with - that must not. */
function pattern(list: Term[]): Understood {
  const has = (x: Term): string => `body contains ${quote(x.value)}`;
  const optional = list.filter((x) => x.optional);
  const parts = list.filter((x) => !x.optional).map((x) => (x.not ? `NOT ${has(x)}` : has(x)));
  if (optional.length > 0) parts.push(optional.length > 1 ? `(${optional.map(has).join(' OR ')})` : has(optional[0]!));
  return { kind: 'pattern', where: parts.join(' AND '), marks: list.filter((x) => !x.not).map((x) => x.value) };
}

/** field:value terms and words; OR between terms binds less than standing side by side. */
function fields(list: Term[]): Understood {
  const groups: string[][] = [[]];
  const marks: string[] = [];
  for (const x of list) {
    const word = x.field === '' && !x.quoted ? x.value : '';
    if (word === 'OR') groups.push([]);
    else if (word !== 'AND') {
      const part = x.field === '' ? `body matches ${quote(`(?i)${escaped(x.value)}`)}` : condition(x);
      groups.at(-1)!.push(x.not ? `NOT ${part}` : part);
      if (!x.not && (x.field === '' || (aliases[x.field] ?? x.field) === 'body')) marks.push(x.value.replace(/^\*|\*$/g, ''));
    }
  }
  const some = groups.filter((g) => g.length > 0);
  const where = some.length === 1 ? some[0]!.join(' AND ') : some.map((g) => (g.length > 1 ? `(${g.join(' AND ')})` : g[0]!)).join(' OR ');
  return { kind: 'fields', where, marks };
}

function condition(term: Term): string {
  const name = ident(aliases[term.field] ?? term.field);
  const x = term.field === 'level' ? { ...term, value: term.value.replace(/[A-Za-z]+/g, (w) => (w === 'OR' ? w : knownLevel(w))) } : term;
  if (!x.quoted && /^\(.*\)$/s.test(x.value)) {
    const values = x.value
      .slice(1, -1)
      .split(/\s+OR\s+|\s*,\s*|\s+/)
      .filter((v) => v !== '');
    if (values.length > 0 && !values.some((v) => v.includes('*'))) return `${name} in (${values.map((v) => literal(v, false)).join(', ')})`;
    return `(${values.map((v) => one(name, v, false)).join(' OR ')})`;
  }
  return one(name, x.value, x.quoted);
}

/** The level as it is stored, however people spell it. */
function knownLevel(word: string): string {
  const level = levelOf(word);
  return level === 'info' && !/^info/i.test(word) ? word : level;
}

function one(name: string, value: string, wasQuoted: boolean): string {
  if (wasQuoted) return name === 'body' ? `body contains ${quote(value)}` : `${name} = ${quote(value)}`;
  if (value === '' || value === '*') return `${name} exists`;
  const compare = /^(>=|<=|>|<|=)(.+)$/s.exec(value);
  if (compare) return `${name} ${compare[1]} ${literal(compare[2]!, false)}`;
  if (value.includes('*')) return glob(name, value);
  return name === 'body' ? `body contains ${quote(value)}` : `${name} = ${literal(value, false)}`;
}

function glob(name: string, value: string): string {
  const inner = value.replace(/^\*|\*$/g, '');
  const [start, end] = [value.startsWith('*'), value.endsWith('*')];
  if (inner.includes('*')) return `${name} matches ${quote(`^${value.split('*').map(escaped).join('.*')}$`)}`;
  if (start && end) return `${name} contains ${quote(inner)}`;
  return `${name} ${start ? 'ends-with' : 'starts-with'} ${quote(inner)}`;
}

/** Numbers compare as numbers, but what is more of an id keeps its zeros. */
function literal(value: string, wasQuoted: boolean): string {
  if (!wasQuoted && (/^-?(?:0|[1-9]\d{0,14})(?:\.\d+)?$/.test(value) || /^(?:true|false)$/.test(value))) return value;
  if (/^(?:[1-9]\d*(?:\.\d+)?)(?:ns|us|µs|ms|s|m|h|kb|mb|gb|kib|mib|gib)$/i.test(value)) return value;
  return quote(unquoted(value));
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
