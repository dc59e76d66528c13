// Prints a question and its parts in the form that parse reads and the server takes.
import { ident, quote } from './lex';
import { madeClause, madeOf } from './made';
import {
  Exact,
  isNested,
  isOp,
  type Calc,
  type Condition,
  type Earlier,
  type Expression,
  type Having,
  type Order,
  type Question,
  type Scalar,
  type Simple,
  type Span,
  type Where,
} from './question';

function scalarText(v: Scalar): string {
  if (v instanceof Exact) return v.text;
  return typeof v === 'string' ? quote(v) : String(v);
}

function simpleText(c: Simple): string {
  if (c.value === undefined) return `${ident(c.column)} ${c.op}`;
  const value = Array.isArray(c.value) ? `(${c.value.map(scalarText).join(', ')})` : scalarText(c.value);
  return `${ident(c.column)} ${c.op} ${value}`;
}

export function expressionText(e: Expression): string {
  if ('op' in e) return simpleText(e);
  if ('constant' in e) return String(e.constant);
  if ('not' in e) return `NOT ${grouped(e.not)}`;
  return 'and' in e ? e.and.map(grouped).join(' AND ') : e.or.map(grouped).join(' OR ');
}

function grouped(e: Expression): string {
  return 'and' in e || 'or' in e ? `(${expressionText(e)})` : expressionText(e);
}

export function conditionText(c: Condition): string {
  return isNested(c) ? c.text : simpleText(c);
}

/** Several conditions as one; nested ones get brackets where they would join their neighbours. */
export function whereText(w: Where): string {
  if (w.terms.length === 1) return conditionText(w.terms[0]!);
  return w.terms.map((c) => (isNested(c) && c.joined ? `(${c.text})` : conditionText(c))).join(w.any ? ' OR ' : ' AND ');
}

function opText(x: { op?: string; column?: string }): string {
  return x.column === undefined ? (x.op ?? '') : `${x.op}(${ident(x.column)})`;
}

export function calcText(c: Calc): string {
  const where = c.where && c.where.terms.length > 0 ? ` IF (${whereText(c.where)})` : '';
  return opText(c) + where + (c.name ? ` AS ${ident(c.name)}` : '');
}

/** A name in back quotes, so that it is not taken for a calculation. */
const quotedName = (name: string): string => '`' + name.replaceAll('\\', '\\\\').replaceAll('`', '\\`') + '`';

export function orderText(o: Order): string {
  const what = o.op !== undefined ? opText(o) : isOp(o.column ?? '') ? quotedName(o.column ?? '') : ident(o.column ?? '');
  return o.desc ? `${what} DESC` : what;
}

export function havingText(h: Having): string {
  return `${h.op !== undefined ? opText(h) : quotedName(h.column ?? '')} ${h.sign} ${plainNumber(h.value)}`;
}

/** Without an exponent, which some readers refuse. */
function plainNumber(n: number): string {
  return Number.isInteger(n) && Math.abs(n) < 1e15 ? String(n) : n.toString();
}

function lengthText(seconds: number): string {
  for (const [unit, n] of [
    ['d', 86400],
    ['h', 3600],
    ['m', 60],
  ] as const) {
    if (seconds >= n && seconds % n === 0) return `${seconds / n}${unit}`;
  }
  return `${seconds}s`;
}

/** How COMPARE has it: previous, or a length like 36h. */
export function compareText(c: Earlier): string {
  return c === 'previous' ? c : lengthText(c);
}

/** The question in one line, with its time if one is given. */
export function questionText(q: Question, span: Span = {}): string {
  const fields = madeOf(q, 'calculated_fields');
  const formulas = madeOf(q, 'formulas');
  const parts: string[] = fields.length > 0 ? [`WITH ${madeClause(fields)}`] : [];
  parts.push(`VISUALIZE ${q.calcs.length > 0 ? q.calcs.map(calcText).join(', ') : 'COUNT'}`);
  if (formulas.length > 0) parts.push(`FORMULA ${madeClause(formulas)}`);
  const clause = (word: string, items: string[]): void => {
    if (items.length > 0) parts.push(`${word} ${items.join(', ')}`);
  };
  if (q.where.terms.length > 0) parts.push(`WHERE ${whereText(q.where)}`);
  clause('GROUP BY', q.by.map(ident));
  clause('ORDER BY', q.orders.map(orderText));
  clause('HAVING', q.havings.map(havingText));
  if (q.limit !== undefined) parts.push(`LIMIT ${q.limit}`);
  if (q.step !== undefined) parts.push(`GRANULARITY ${q.step}s`);
  if (span.start !== undefined) parts.push(`FROM ${span.start}`);
  if (span.end !== undefined) parts.push(`TO ${span.end}`);
  if (span.range !== undefined)
    parts.push(`${span.start !== undefined || span.end !== undefined ? 'FOR' : 'LAST'} ${lengthText(span.range)}`);
  if (q.compare !== undefined) parts.push(`COMPARE ${compareText(q.compare)}`);
  if (q.unweighted) parts.push('UNWEIGHTED');
  return parts.join(' ');
}
