// Rollbar's query language as it is typed: pieces in their colours, what can come
// next, and what a word means. It never fails: what is half typed is a piece, too.
import type { Help, Suggestion } from '../insights/complete';

export interface KnownColumn {
  name: string;
  type: string;
  help: string;
}

/** What the server says that texts can name. */
export interface KnownRql {
  columns: readonly KnownColumn[];
  deploy_columns: readonly KnownColumn[];
  functions: readonly Help[];
  keywords: readonly string[];
}

export interface Piece {
  kind: 'command' | 'function' | 'keyword' | 'field' | 'string' | 'number' | 'sign' | 'comment' | 'space';
  from: number;
  to: number;
}

const clause = /^(?:select|from|where|group|by|having|order|limit|describe|show)$/i;
const word1 =
  /^(?:and|or|not|in|like|between|is|null|as|asc|desc|distinct|true|false|item_occurrence|deploy|interval|case|when|then|else|end|div|mod|tables)$/i;
const rules: readonly [Piece['kind'], RegExp][] = [
  ['space', /\s+/y],
  ['comment', /(?:--|#)[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y],
  ['string', /'(?:[^'\\]|\\.|'')*'?|"(?:[^"\\]|\\.|"")*"?/y],
  ['field', /`[^`]*`?/y],
  ['number', /(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/iy],
  ['field', /[A-Za-z_][\w$]*(?:\.[\w$*-]+)*/y],
  ['sign', /<=>|!=|<>|<=|>=|&&|\|\||[\s\S]/y],
];

/** Cuts a text into pieces. */
export function pieces(text: string): Piece[] {
  const out: Piece[] = [];
  for (let at = 0; at < text.length;) {
    for (const [kind, re] of rules) {
      re.lastIndex = at;
      if (!re.test(text) || re.lastIndex === at) continue;
      const to = re.lastIndex;
      out.push({ kind: kind === 'field' ? wordKind(text, at, to) : kind, from: at, to });
      at = to;
      break;
    }
  }
  return out;
}

function wordKind(text: string, from: number, to: number): Piece['kind'] {
  const word = text.slice(from, to);
  if (clause.test(word)) return 'command';
  if (/^\s*\(/.test(text.slice(to)) && !word1.test(word)) return 'function';
  return word1.test(word) ? 'keyword' : 'field';
}

export interface Place {
  from: number;
  prefix: string;
  /** The column whose value is typed, inside of a text; '' for none. */
  column: string;
  quote: string;
  /** What can stand here is offered though nothing of it is typed. */
  eager: boolean;
}

/** What is typed at the caret. */
export function placeOf(text: string, caret: number): Place {
  const before = pieces(text.slice(0, caret));
  const last = before.at(-1);
  const real = before.filter((p) => p.kind !== 'space' && p.kind !== 'comment');
  if (last?.kind === 'string') {
    const inside = text.slice(last.from, caret);
    const quote = inside[0]!;
    const open = inside.length === 1 || !inside.endsWith(quote);
    if (open) return { from: last.from + 1, prefix: inside.slice(1), column: columnBefore(text, real.slice(0, -1)), quote, eager: true };
    return { from: caret, prefix: '', column: '', quote: '', eager: false };
  }
  if (last?.kind === 'comment' || last?.kind === 'number') return { from: caret, prefix: '', column: '', quote: '', eager: false };
  const typed = last && (last.kind === 'field' || last.kind === 'command' || last.kind === 'keyword' || last.kind === 'function');
  const from = typed ? last.from : caret;
  const lead = (typed ? real.slice(0, -1) : real).at(-1);
  const word = lead ? text.slice(lead.from, lead.to).toLowerCase() : '';
  return {
    from,
    prefix: text.slice(from, caret).replace(/^`/, ''),
    column: '',
    quote: '',
    eager: /^(?:select|where|by|from|and|or|,|\()$/.test(word),
  };
}

/** The column that a comparison before the caret names. */
function columnBefore(text: string, real: readonly Piece[]): string {
  for (let i = real.length - 1; i >= 0; i--) {
    const p = real[i]!;
    if (p.kind === 'field') return text.slice(p.from, p.to).replaceAll('`', '');
    if (p.kind === 'command' || p.kind === 'function') return '';
  }
  return '';
}

const most = 60;

/** What can be typed at a place, the best first. */
export function suggest(text: string, place: Place, known: KnownRql): Suggestion[] {
  if (place.quote !== '') return [];
  const columns = /\bfrom\s+deploy\b/i.test(text) ? known.deploy_columns : known.columns;
  const p = place.prefix.toLowerCase();
  const all: Suggestion[] = [
    ...columns.map((c) => ({ label: c.name, insert: quotedName(c.name), detail: c.help || c.type })),
    ...known.functions.map((f) => ({ label: `${f.name}(…)`, insert: `${f.name}()`, detail: f.help, back: 1 })),
    ...known.keywords.map((k) => ({ label: k, insert: k, detail: '' })),
  ];
  const rank = (s: Suggestion): number => {
    const l = s.label.toLowerCase();
    return l.startsWith(p) ? 0 : l.includes(`.${p}`) || l.includes(`_${p}`) ? 1 : l.includes(p) ? 2 : 3;
  };
  return all
    .map((s, i) => ({ s, i, r: rank(s) }))
    .filter((x) => x.r < 3)
    .sort((a, b) => a.r - b.r || a.i - b.i)
    .slice(0, most)
    .map((x) => x.s);
}

/** A column's name as a text can hold it. */
export function quotedName(name: string): string {
  return /^[A-Za-z_][\w$]*(?:\.[\w$]+)*$/.test(name) ? name : `\`${name.replaceAll('`', '')}\``;
}

/** A value as RQL writes it. */
export function valueText(value: string | number | boolean, quote = "'"): string {
  const text = String(value)
    .replaceAll('\\', '\\\\')
    .replaceAll(quote, quote + quote);
  return `${text}${quote}`;
}

/** What the function or column under a place is. */
export function helpAt(text: string, at: number, known: KnownRql): Help | undefined {
  const p = pieces(text).find((x) => x.from < at && at <= x.to);
  if (!p) return undefined;
  const name = text.slice(p.from, p.to).replaceAll('`', '').toLowerCase();
  if (p.kind === 'function') return known.functions.find((f) => f.name.toLowerCase() === name);
  const c = p.kind === 'field' ? [...known.columns, ...known.deploy_columns].find((x) => x.name.toLowerCase() === name) : undefined;
  return c && { name: c.name, signature: `${c.name} ${c.type}`, help: c.help, kind: 'command' };
}
