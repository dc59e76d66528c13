// What is made in place: calculated fields of a question, and formulas over its
// calculations. A question keeps both in its rest, as a specification names them.
import { ident, TextError } from './lex';
import type { Question } from './question';

/** A name and the expression that gives its value: $duration_ms > 100. */
export interface Made {
  name: string;
  expression: string;
}

export type MadeKind = 'calculated_fields' | 'formulas';

export function madeOf(q: Question, kind: MadeKind): Made[] {
  const list = q.rest?.[kind];
  if (!Array.isArray(list)) return [];
  return list.filter((m): m is Made => {
    const x = m as Partial<Made> | null;
    return typeof x?.name === 'string' && typeof x.expression === 'string';
  });
}

/** The rest of a question with another list; undefined when nothing is left in it. */
export function withMade(rest: Question['rest'], kind: MadeKind, list: Made[]): Question['rest'] {
  const out = Object.fromEntries(Object.entries(rest ?? {}).filter(([name]) => name !== kind));
  if (list.length > 0) out[kind] = list;
  return Object.keys(out).length > 0 ? out : undefined;
}

export function madeText(m: Made): string {
  return `${ident(m.name)} = ${m.expression}`;
}

/** As a clause of the line of text has it. */
export function madeClause(list: Made[]): string {
  return list.map((m) => `${ident(m.name)} AS (${m.expression})`).join(', ');
}

const nameAt = /\s*(?:`((?:[^`\\]|\\[\s\S])*)`|([A-Za-z_@$\u0080-\uffff][\w@$.\-/:\u0080-\uffff]*))\s*/y;

function readName(text: string, at: number): { name: string; end: number } {
  nameAt.lastIndex = at;
  const m = nameAt.exec(text);
  const name = m?.[1]?.replace(/\\([\\`])/g, '$1') ?? m?.[2];
  if (!m || !name) throw new TextError(at, 'expected a name');
  return { name, end: nameAt.lastIndex };
}

/** Where brackets, texts and names that begin in an expression end; -1 if a bracket or quote stays open. */
function endOf(text: string, at: number, stop: (c: string, depth: number) => boolean): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    const c = text[i]!;
    if (depth === 0 && stop(c, depth)) return i;
    if (c === '"' || c === '`') {
      const from = i;
      for (i++; i < text.length && text[i] !== c; i++) if (text[i] === '\\') i++;
      if (i >= text.length) throw new TextError(from, 'what begins here is not closed with a quote');
    } else if (c === '(') depth++;
    else if (c === ')' && --depth < 0) throw new TextError(i, 'this bracket closes nothing');
  }
  return depth > 0 ? -1 : text.length;
}

/** Reads a chip: name = expression. */
export function parseMade(text: string): Made {
  const { name, end } = readName(text, 0);
  const sign = /^(=|as\b)\s*/i.exec(text.slice(end));
  if (!sign) throw new TextError(end, 'expected = and an expression, like slow = $duration_ms > 100');
  const from = end + sign[0].length;
  const expression = text.slice(from).trim();
  if (expression === '') throw new TextError(text.length, 'expected an expression, like $duration_ms > 100');
  if (endOf(text, from, () => false) < 0) throw new TextError(text.length, 'a bracket stays open');
  return { name, expression };
}

const begins = /^\s*(?:`(?:[^`\\]|\\[\s\S])*`|[\w@$.\-/:\u0080-\uffff]+)\s+as\b/i;

/**
 * Takes the clauses WITH and FORMULA out of a line of text. Spaces stand in their
 * place, so that all else stays where it is.
 */
export function cutMade(text: string): { left: string; fields: Made[] | undefined; formulas: Made[] | undefined } {
  const found: Record<string, Made[] | undefined> = {};
  let left = text;
  const word = /"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`|[\w@$.\-/:\u0080-\uffff]+|[^]/gu;
  for (let m = word.exec(text); m; m = word.exec(text)) {
    const clause = m[0].toUpperCase();
    if (clause !== 'WITH' && clause !== 'FORMULA') continue;
    if (!begins.test(text.slice(m.index + m[0].length))) continue; // a field of that name
    if (found[clause]) throw new TextError(m.index, `${clause} stands twice`);
    const list: Made[] = [];
    let at = m.index + m[0].length;
    for (;;) {
      const { name, end } = readName(text, at);
      const as = /^as\s*\(/i.exec(text.slice(end));
      if (!as) throw new TextError(end, `expected AS and an expression in brackets after ${name}`);
      const from = end + as[0].length;
      const to = endOf(text, from, (c) => c === ')');
      if (to < 0 || to >= text.length) throw new TextError(from - 1, 'the bracket that begins here stays open');
      list.push({ name, expression: text.slice(from, to).trim() });
      const more = /^\s*,/.exec(text.slice(to + 1));
      at = to + 1 + (more?.[0].length ?? 0);
      if (!more) break;
    }
    found[clause] = list;
    left = left.slice(0, m.index) + ' '.repeat(at - m.index) + left.slice(at);
    word.lastIndex = at;
  }
  return { left, fields: found.WITH, formulas: found.FORMULA };
}

/** Functions of calculated fields, with what stands in their brackets. */
const functions: readonly (readonly [string, string])[] = [
  ['IF', 'condition, value, else'],
  ['SWITCH', 'field, "case", value, else'],
  ['COALESCE', 'first that is there'],
  ['CONCAT', 'texts'],
  ['CONTAINS', 'text, part'],
  ['STARTS_WITH', 'text, part'],
  ['ENDS_WITH', 'text, part'],
  ['REG_MATCH', 'text, `pattern`'],
  ['REG_VALUE', 'text, `pattern`'],
  ['REG_COUNT', 'text, `pattern`'],
  ['TO_LOWER', 'text'],
  ['LENGTH', 'text'],
  ['BUCKET', 'number, size'],
  ['EXISTS', 'field'],
  ['EQUALS', 'a, b'],
  ['IN', 'field, values'],
  ['LOG10', 'number'],
  ['INT', 'value'],
  ['FLOAT', 'value'],
  ['BOOL', 'value'],
  ['STRING', 'value'],
  ['MIN', 'numbers'],
  ['MAX', 'numbers'],
  ['SUM', 'numbers'],
  ['MUL', 'numbers'],
  ['SUB', 'a, b'],
  ['DIV', 'a, b'],
  ['MOD', 'a, b'],
  ['UNIX_TIMESTAMP', 'time as text'],
  ['EVENT_TIMESTAMP', ''],
  ['INGEST_TIMESTAMP', ''],
  ['FORMAT_TIME', 'format, seconds'],
];

/** What metrics datasets have beside these. */
const ofSeries: readonly (readonly [string, string])[] = [
  ['LAST', '$metric'],
  ['SUMMARIZE', '$metric'],
  ['INCREASE', '$metric, seconds'],
  ['RATE', '$metric, seconds'],
  ['RAW_METRIC', '$metric'],
];

export interface MadePlace {
  /** A name after $, or a function. */
  wanted: 'operand' | 'function' | 'nothing';
  prefix: string;
  from: number;
}

/** Where the caret stands in a chip's text. */
export function placeOfMade(text: string, caret: number): MadePlace {
  const before = text.slice(0, caret);
  const begun = /^\s*(`[^`]*`|[^\s=`]+)\s*(=|as\s)/i.test(before);
  const m = /\$?[\w@.\-/:\u0080-\uffff]*$/.exec(before)!;
  const inText = (before.match(/"/g) ?? []).length % 2 === 1;
  if (!begun || inText) return { wanted: 'nothing', prefix: '', from: caret };
  const operand = m[0].startsWith('$');
  return { wanted: operand ? 'operand' : 'function', prefix: operand ? m[0].slice(1) : m[0], from: m.index };
}

export function functionsLike(prefix: string, ofMetrics = false): { name: string; inside: string }[] {
  const p = prefix.toUpperCase();
  return [...(ofMetrics ? ofSeries : []), ...functions].filter(([name]) => name.startsWith(p)).map(([name, inside]) => ({ name, inside }));
}

/** A name as an expression has it: $name, or $"a name". */
export function operandText(name: string): string {
  return /^[A-Za-z_][\w.\-]*$/.test(name) ? `$${name}` : `$${JSON.stringify(name)}`;
}
