// Reads the one-line form of a question, and its parts, as the server does.
import { isKeyword, lex, TextError, type Token } from './lex';
import { cutMade, withMade } from './made';
import { expressionText } from './print';
import {
  empty,
  Exact,
  isOp,
  opposite,
  ops,
  signs,
  wordOps,
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

/** The longest range, and the farthest back that another lies: 400 days. */
const mostBack = 400 * 86400;

const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 60e3,
  min: 60e3,
  h: 3600e3,
  d: 24 * 3600e3,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 1 << 10,
  mib: 1 << 20,
  gib: 1 << 30,
  k: 1e3,
};
const timeUnits = new Set(['ns', 'us', 'µs', 'ms', 's', 'm', 'min', 'h', 'd']);
const deepest = 32;

function describe(t: Token): string {
  return t.kind === 'end' ? 'the end' : t.kind === 'string' ? `text ${t.text}` : `“${t.text}”`;
}

class Parser {
  private next = 0;
  private depth = 0;
  private readonly tokens: Token[];
  constructor(text: string) {
    this.tokens = lex(text);
  }
  peek(): Token {
    return this.tokens[this.next]!;
  }
  take(): Token {
    const t = this.peek();
    if (t.kind !== 'end') this.next++;
    return t;
  }
  word(w: string): boolean {
    const t = this.peek();
    const is = t.kind === 'word' && t.text.toLowerCase() === w;
    if (is) this.next++;
    return is;
  }
  sign(s: string): boolean {
    const t = this.peek();
    const is = t.kind === 'sign' && t.text === s;
    if (is) this.next++;
    return is;
  }
  wantSign(s: string): void {
    const t = this.peek();
    if (!this.sign(s)) throw new TextError(t.at, `expected “${s}”, found ${describe(t)}`);
  }
  end(): void {
    const t = this.peek();
    if (t.kind !== 'end') throw new TextError(t.at, `expected the end, found ${describe(t)}`);
  }
  list<T>(item: () => T): T[] {
    const out = [item()];
    while (this.sign(',')) out.push(item());
    return out;
  }
  name(what: string): string {
    const t = this.take();
    if (t.kind === 'name') return t.value;
    if (t.kind === 'word' && !isKeyword(t.text)) return t.text;
    throw new TextError(t.at, `expected ${what}, found ${describe(t)}`);
  }
  value(): Scalar {
    const t = this.take();
    if (t.kind === 'string') return t.value;
    if (t.kind === 'number') return scaled(t);
    if (t.kind === 'word' && /^true$/i.test(t.text)) return true;
    if (t.kind === 'word' && /^false$/i.test(t.text)) return false;
    if (t.kind === 'word' && !isKeyword(t.text)) return t.text;
    throw new TextError(t.at, `expected a value, found ${describe(t)}; text stands in double quotes`);
  }
  expression(): Expression {
    return this.chain('or', () => this.chain('and', () => this.not()));
  }
  private chain(word: 'and' | 'or', term: () => Expression): Expression {
    const terms = [term()];
    while (this.word(word)) terms.push(term());
    if (terms.length === 1) return terms[0]!;
    return word === 'and' ? { and: terms } : { or: terms };
  }
  private not(): Expression {
    if (++this.depth > deepest) throw new TextError(this.peek().at, `the condition is nested more than ${deepest} deep`);
    try {
      if (this.word('not')) {
        const e = this.not();
        const inverse = 'op' in e ? opposite(e.op) : undefined;
        return inverse !== undefined && 'op' in e ? { ...e, op: inverse } : { not: e };
      }
      if (this.sign('(')) {
        const e = this.expression();
        this.wantSign(')');
        return e;
      }
      if (this.word('true')) return { constant: true };
      if (this.word('false')) return { constant: false };
      return this.condition();
    } finally {
      this.depth--;
    }
  }
  private condition(): Simple {
    const column = this.name('a field');
    const t = this.take();
    const op = t.kind === 'sign' && t.text === '==' ? '=' : t.text.toLowerCase();
    if (t.kind === 'sign' && ['=', '!=', '<>', '<', '<=', '>', '>='].includes(op)) return { column, op, value: this.value() };
    if (t.kind === 'word') {
      if (op === 'exists' || op === 'does-not-exist') return { column, op };
      if (op === 'in' || op === 'not-in') {
        this.wantSign('(');
        const value = this.list(() => this.value());
        this.wantSign(')');
        return { column, op, value };
      }
      if (wordOps.includes(op)) return { column, op, value: plain(this.value()) };
    }
    throw new TextError(t.at, `expected an operator after ${column}, found ${describe(t)}`);
  }
  calculation(): Calc {
    const { op, column } = this.op();
    const calc: Calc = { op, column };
    const at = this.peek().at;
    if (this.word('if')) {
      this.wantSign('(');
      const where = flat(this.expression());
      this.wantSign(')');
      if (where.terms.some((t) => 'text' in t))
        throw new TextError(at, 'the condition of a calculation can only be one level of AND or OR');
      calc.where = where;
    }
    if (this.word('as')) calc.name = this.name('a name');
    return calc;
  }
  /** OP or OP(column). */
  private op(): { op: string; column?: string } {
    const t = this.take();
    const op = t.text.toUpperCase();
    if (t.kind !== 'word' || !isOp(op))
      throw new TextError(t.at, `expected a calculation like COUNT or P99(duration_ms), found ${describe(t)}`);
    let column: string | undefined;
    if (this.sign('(')) {
      column = this.name('a field');
      this.wantSign(')');
    }
    if (ops[op] === 'needed' && column === undefined) throw new TextError(this.peek().at, `${op} needs a field: ${op}(duration_ms)`);
    if (ops[op] === 'none' && column !== undefined) throw new TextError(t.at, `${op} takes no field`);
    return column === undefined ? { op } : { op, column };
  }
  order(by: string[]): Order {
    const t = this.peek();
    const calc = t.kind === 'word' && isOp(t.text) && !by.includes(t.text);
    const what = calc ? this.op() : { column: this.name('a field or a calculation') };
    const desc = this.word('desc');
    if (!desc) this.word('asc');
    return { ...what, desc };
  }
  having(): Having {
    const what = this.peek().kind === 'name' ? { column: this.take().value } : this.op();
    const sign = this.take();
    if (sign.kind !== 'sign' || !(signs as readonly string[]).includes(sign.text))
      throw new TextError(sign.at, `expected one of = != < <= > >=, found ${describe(sign)}`);
    const t = this.take();
    if (t.kind !== 'number') throw new TextError(t.at, `expected a number, found ${describe(t)}`);
    return { ...what, sign: sign.text, value: Number(scaled(t) instanceof Exact ? t.value : scaled(t)) };
  }
  whole(least: number, most: number): number {
    const t = this.take();
    const n = Number(t.value);
    if (t.kind !== 'number' || t.unit || !Number.isInteger(n) || n < least || n > most)
      throw new TextError(t.at, `expected a whole number from ${least} to ${most}, found ${describe(t)}`);
    return n;
  }
  /** A length like 90s or 1.5h, in seconds; a bare number is seconds. */
  seconds(): number {
    const t = this.take();
    const unit = (t.unit || 's').toLowerCase();
    const factor = unit === 'w' ? 7 * 86400e3 : timeUnits.has(unit) ? units[unit] : undefined;
    if (t.kind !== 'number' || factor === undefined)
      throw new TextError(t.at, `expected a length of time like 30s, 15m or 2h, found ${describe(t)}`);
    return (Number(t.value) * factor) / 1000;
  }
  /** How far back another period lies; the word previous is the one just before. */
  back(): Earlier {
    if (this.word('previous')) return 'previous';
    const t = this.peek();
    const length = this.seconds();
    if (length < 1 || length > mostBack) throw new TextError(t.at, `the length is ${length} seconds; it must be from 1s to 400d`);
    return Math.round(length);
  }
  moment(): number {
    const t = this.take();
    if (t.kind === 'number' && !t.unit && /^\d+$/.test(t.value)) return Number(t.value);
    const ms = t.kind === 'string' ? Date.parse(t.value) : NaN;
    if (Number.isNaN(ms)) throw new TextError(t.at, `expected Unix seconds or an RFC 3339 time in quotes, found ${describe(t)}`);
    return Math.floor(ms / 1000);
  }
}

function plain(v: Scalar): string {
  return v instanceof Exact ? v.text : String(v);
}

function scaled(t: Token): Scalar {
  const n = Number(t.value.replaceAll('_', ''));
  if (Number.isNaN(n)) throw new TextError(t.at, `“${t.value}” is not a number`);
  const factor = t.unit === '' ? 1 : units[t.unit.toLowerCase()];
  if (factor === undefined)
    throw new TextError(
      t.at,
      `unit “${t.unit}” is not known: times are ns, us, ms, s, m, h or d, sizes kb, mb, gb, kib, mib or gib; text stands in double quotes`,
    );
  if (factor !== 1) return Number((n * factor).toPrecision(15));
  return String(n) === t.value ? n : new Exact(t.value);
}

/** One level of AND or OR; deeper parts stay as text. */
export function flat(e: Expression): Where {
  const any = 'or' in e;
  const terms = 'and' in e ? e.and : 'or' in e ? e.or : [e];
  return {
    any,
    terms: terms.map((t): Condition => ('op' in t && t.op !== '<>' ? t : { text: expressionText(t), joined: 'and' in t || 'or' in t })),
  };
}

export function parseWhere(text: string): Where {
  if (text.trim() === '') return { any: false, terms: [] };
  return flat(whole(text, (p) => p.expression()));
}

function whole<T>(text: string, read: (p: Parser) => T): T {
  const p = new Parser(text);
  const out = read(p);
  p.end();
  return out;
}

export const parseCalcs = (text: string): Calc[] => whole(text, (p) => p.list(() => p.calculation()));
export const parseNames = (text: string): string[] => whole(text, (p) => p.list(() => p.name('a field')));
export const parseOrders = (text: string, by: string[]): Order[] => whole(text, (p) => p.list(() => p.order(by)));
export const parseHavings = (text: string): Having[] => whole(text, (p) => p.list(() => p.having()));
export const parseCompare = (text: string): Earlier => whole(text, (p) => p.back());
export const parseSeconds = (text: string): number => whole(text, (p) => p.seconds());

/** Reads a whole question; the time, where it gives one, stands apart. */
export function parseQuestion(text: string): { question: Question; span: Span } {
  const made = cutMade(text);
  const p = new Parser(made.left);
  const q = empty();
  q.rest = withMade(withMade(undefined, 'calculated_fields', made.fields ?? []), 'formulas', made.formulas ?? []);
  const span: Span = {};
  const by = (): void => {
    const t = p.peek();
    if (!p.word('by')) throw new TextError(t.at, `expected BY, found ${describe(t)}`);
  };
  const clauses: Record<string, () => void> = {
    VISUALIZE: () => (q.calcs = p.list(() => p.calculation())),
    WHERE: () => (q.where = flat(p.expression())),
    GROUP: () => {
      by();
      q.by = p.list(() => p.name('a field'));
    },
    ORDER: () => {
      by();
      q.orders = p.list(() => p.order(q.by));
    },
    HAVING: () => (q.havings = p.list(() => p.having())),
    LIMIT: () => (q.limit = p.whole(1, 10_000)),
    GRANULARITY: () => (q.step = p.seconds()),
    LAST: () => (span.range = p.seconds()),
    FOR: () => (span.range = p.seconds()),
    COMPARE: () => (q.compare = p.back()),
    FROM: () => (span.start = p.moment()),
    TO: () => (span.end = p.moment()),
    UNWEIGHTED: () => (q.unweighted = true),
  };
  const seen = new Set<string>();
  while (p.peek().kind !== 'end') {
    const t = p.take();
    const word = t.text.toUpperCase();
    const clause = t.kind === 'word' && Object.hasOwn(clauses, word) ? clauses[word] : undefined;
    if (!clause) throw new TextError(t.at, `expected a clause (WITH, FORMULA, ${Object.keys(clauses).join(', ')}), found ${describe(t)}`);
    if (seen.has(word)) throw new TextError(t.at, `${word} stands twice`);
    seen.add(word);
    clause();
  }
  return { question: q, span };
}
