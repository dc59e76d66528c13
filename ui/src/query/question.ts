// A question to the events as the builder edits it. It converts to and from the
// one line of text and Honeycomb's query specification without loss.

/** A number that JavaScript would write differently than it was given: 200.0, or beyond 2^53. */
export class Exact {
  constructor(readonly text: string) {}
  toJSON(): number {
    return Number(this.text);
  }
}

export type Scalar = string | number | boolean | Exact;

/** One condition on one field. exists and does-not-exist have no value, in and not-in have a list. */
export interface Simple {
  column: string;
  op: string;
  value?: Scalar | Scalar[];
}

/** A condition of any depth; not stands only before what has no opposite operator. */
export type Expression = Simple | { and: Expression[] } | { or: Expression[] } | { not: Expression } | { constant: boolean };

/** What one level of AND or OR can't say: its text, as the filter language has it. */
export interface Nested {
  text: string;
  /** Joined by AND or OR, so that it needs brackets beside others. */
  joined: boolean;
}

export type Condition = Simple | Nested;

export function isNested(c: Condition): c is Nested {
  return 'text' in c;
}

/** Conditions that must all hold, or any of them. */
export interface Where {
  any: boolean;
  terms: Condition[];
}

export interface Calc {
  op: string;
  column?: string;
  name?: string;
  where?: Where;
}

export interface Order {
  /** A calculation has an op; a breakdown or a calculation's own name has none. */
  op?: string;
  column?: string;
  desc: boolean;
}

export interface Having {
  op?: string;
  column?: string;
  sign: string;
  value: number;
}

/** Seconds back, or the period just before, as long as the range. */
export type Earlier = number | 'previous';

export interface Question {
  calcs: Calc[];
  where: Where;
  by: string[];
  orders: Order[];
  havings: Having[];
  limit?: number;
  /** Seconds of a time bucket; none lets the server choose. */
  step?: number;
  /** Seconds back to the period to compare with, or the one just before, as long as the range. */
  compare?: Earlier;
  /** Counts stored events, not those they stand for. */
  unweighted: boolean;
  /** Members of a specification that the builder has no clause for; they go with it. */
  rest?: Record<string, unknown>;
}

/** The time of a question as its text or specification gives it, in seconds. */
export interface Span {
  range?: number;
  start?: number;
  end?: number;
}

export function empty(): Question {
  return { calcs: [], where: { any: false, terms: [] }, by: [], orders: [], havings: [], unweighted: false };
}

const quantiles = ['P001', 'P01', 'P05', 'P10', 'P20', 'P25', 'P50', 'P75', 'P80', 'P90', 'P95', 'P99', 'P999'];

/** Whether an operation needs a field, may have one, or takes none. */
export const ops: Readonly<Record<string, 'needed' | 'optional' | 'none'>> = {
  COUNT: 'optional',
  HEATMAP: 'needed',
  P50: 'needed',
  P95: 'needed',
  P99: 'needed',
  AVG: 'needed',
  SUM: 'needed',
  MIN: 'needed',
  MAX: 'needed',
  COUNT_DISTINCT: 'needed',
  CONCURRENCY: 'none',
  COUNT_DATAPOINTS: 'optional',
  HISTOGRAM_COUNT: 'needed',
  RATE_SUM: 'needed',
  RATE_AVG: 'needed',
  RATE_MAX: 'needed',
  ...Object.fromEntries(quantiles.map((q) => [q, 'needed' as const])),
};

export function isOp(word: string): boolean {
  return Object.hasOwn(ops, word.toUpperCase());
}

/** The name of a calculation in a result: its own, else OP or OP(column). */
export function calcKey(c: { op?: string; column?: string; name?: string }): string {
  if (c.name) return c.name;
  return c.op === undefined ? (c.column ?? '') : c.column ? `${c.op}(${c.column})` : c.op;
}

export const signs = ['=', '!=', '>', '>=', '<', '<='] as const;
const textOps = ['contains', 'starts-with', 'ends-with', 'matches'];
const textOpposites: Record<string, string> = {
  contains: 'does-not-contain',
  'starts-with': 'does-not-start-with',
  'ends-with': 'does-not-end-with',
  matches: 'does-not-match',
};

/** Operators that compare with one text. */
export const wordOps: readonly string[] = [...textOps, ...Object.values(textOpposites), 'search'];

/** All operators, in the order in which completion offers them. */
export const filterOps: readonly string[] = [
  ...signs,
  'contains',
  'starts-with',
  'exists',
  'in',
  'does-not-contain',
  'does-not-start-with',
  'does-not-exist',
  'not-in',
  'ends-with',
  'does-not-end-with',
  'matches',
  'does-not-match',
  'search',
];

const pairs: [string, string][] = [['=', '!='], ['exists', 'does-not-exist'], ['in', 'not-in'], ...Object.entries(textOpposites)];

/** The operator that holds exactly where another doesn't; undefined where there is none. */
export function opposite(op: string): string | undefined {
  for (const [a, b] of pairs) {
    if (a === op) return b;
    if (b === op) return a;
  }
  return undefined;
}

/** Seconds that a period lies back in what Honeycomb compares with; Oriel takes any others, too. */
export const compareOffsets: readonly number[] = [1800, 3600, 7200, 28800, 86400, 604800, 2419200, 15724800];

/** Orders and havings that still name a calculation or a breakdown of the question. */
export function pruned(q: Question): Question {
  const calcs = q.calcs.length > 0 ? q.calcs : [{ op: 'COUNT' }];
  const formulas = (q.rest?.formulas as { name?: string }[] | undefined) ?? [];
  const keys = new Set([...calcs.filter((c) => c.op !== 'HEATMAP').map(calcKey), ...formulas.map((f) => f.name ?? '')]);
  return {
    ...q,
    orders: q.orders.filter((o) => keys.has(calcKey(o)) || (o.op === undefined && q.by.includes(o.column ?? ''))),
    havings: q.havings.filter((h) => keys.has(calcKey(h))),
  };
}
