// What the Query page shows, as its address says it.
import { parseCalcs, parseCompare, parseHavings, parseNames, parseOrders, parseWhere } from '../../query/parse';
import { calcText, havingText, orderText, whereText } from '../../query/print';
import { empty, type Earlier, type Question } from '../../query/question';
import { ident } from '../../query/lex';
import { fromSpec } from '../../query/spec';
import {
  decodeBaseline,
  decodeSelections,
  encodeBaseline,
  encodeSelections,
  type Baseline,
  type Selection,
} from '../../query/bubble/selection';

export const tabs = ['results', 'traces', 'raw', 'explore', 'lines'] as const;
export type Tab = (typeof tabs)[number];
export const drawings = ['lines', 'stacked', 'bars'] as const;
export type Drawing = (typeof drawings)[number];

export const traceSorts = ['duration', 'start', 'spans', 'errors'] as const;
export type TraceSort = (typeof traceSorts)[number];

export interface QueryState {
  question: Question;
  /** The address has a question at all. */
  asked: boolean;
  from: string;
  to: string;
  tab: Tab;
  draw: Drawing;
  log: boolean;
  sel: Selection[];
  /** What the selection is compared with. */
  base: Baseline;
  /** Selection and baseline change sides. */
  swap: boolean;
  /** The BubbleUp panel is open. */
  bubble: boolean;
  /** Columns of raw data; none shows the usual ones. */
  cols: string[];
  /** The column that the table is sorted by, with a minus the largest first; empty as it came. */
  sort: string;
  /** Groups of the table that hold this. */
  find: string;
  /** How traces are sorted. */
  tsort: TraceSort;
  /** Raw data and lines begin with the oldest. */
  oldest: boolean;
  /** The event that lies open beside the others. */
  event: string;
  /** What in the address made no sense and was left out. */
  ignored: string[];
}

const clauseNames = ['calc', 'where', 'by', 'order', 'having', 'limit', 'step', 'compare', 'unweighted', 'rest', 'query'] as const;

/** Reads an address; what makes no sense is left out and named. */
export function decode(p: URLSearchParams): QueryState {
  const ignored: string[] = [];
  const read = <T>(name: string, fallback: T, parse: (text: string) => T): T => {
    const texts = p.getAll(name).filter((t) => t.trim() !== '');
    if (texts.length === 0) return fallback;
    try {
      return parse(texts.join(', '));
    } catch (e) {
      ignored.push(`${name}=${texts.join(', ')}: ${(e as Error).message}`);
      return fallback;
    }
  };
  const whole =
    (least: number, most: number) =>
    (text: string): number => {
      const n = Number(text);
      if (!Number.isFinite(n) || n < least || n > most) throw new Error(`it must be from ${least} to ${most}`);
      return n;
    };
  let q = empty();
  // Links to Honeycomb's query templates hold a specification.
  const linked = read('query', undefined, (text) => fromSpec(JSON.parse(text) as Record<string, unknown>));
  if (linked) q = linked.question;
  else {
    q.calcs = read('calc', q.calcs, parseCalcs);
    q.where = read('where', q.where, parseWhere);
    q.by = read('by', q.by, parseNames);
    q.orders = read('order', q.orders, (text) => parseOrders(text, q.by));
    q.havings = read('having', q.havings, parseHavings);
    q.limit = read<number | undefined>('limit', undefined, whole(1, 10_000));
    q.step = read<number | undefined>('step', undefined, whole(0.001, 400 * 86400));
    q.compare = read<Earlier | undefined>('compare', undefined, parseCompare);
    q.unweighted = p.get('unweighted') === '1';
    q.rest = read<Record<string, unknown> | undefined>('rest', undefined, (text) => JSON.parse(text) as Record<string, unknown>);
  }
  const time = linked ? rangeOf(linked.span) : undefined;
  return {
    question: q,
    asked: clauseNames.some((n) => p.has(n)),
    from: p.get('from') ?? time?.from ?? 'now-1h',
    to: p.get('to') ?? time?.to ?? 'now',
    tab: tabs.find((t) => t === p.get('tab')) ?? 'results',
    draw: drawings.find((d) => d === p.get('draw')) ?? 'lines',
    log: p.get('log') === '1',
    sel: decodeSelections(p.getAll('sel')),
    base: decodeBaseline(p.get('base')),
    swap: p.get('swap') === '1',
    bubble: p.get('bubble') === '1',
    cols: p.getAll('cols'),
    sort: p.get('sort') ?? '',
    find: p.get('find') ?? '',
    tsort: traceSorts.find((t) => t === p.get('tsort')) ?? 'duration',
    oldest: p.get('oldest') === '1',
    event: p.get('event') ?? '',
    ignored,
  };
}

export type Params = Record<string, string | string[] | undefined>;

/** The parameters that hold a question; setting them all replaces the one before. */
export function encodeQuestion(q: Question): Params {
  // A question that asks for nothing counts.
  const bare = q.calcs.length + q.where.terms.length + q.by.length === 0;
  return {
    query: undefined,
    calc: bare ? ['COUNT'] : q.calcs.map(calcText),
    where: q.where.terms.length > 0 ? whereText(q.where) : undefined,
    by: q.by.map(ident),
    order: q.orders.map(orderText),
    having: q.havings.map(havingText),
    limit: q.limit?.toString(),
    step: q.step?.toString(),
    compare: q.compare?.toString(),
    unweighted: q.unweighted ? '1' : undefined,
    rest: q.rest ? JSON.stringify(q.rest) : undefined,
  };
}

/** The parameters of how the result is shown; defaults are left out. */
export function encodeView(
  s: Partial<
    Pick<
      QueryState,
      'tab' | 'draw' | 'log' | 'sel' | 'base' | 'swap' | 'bubble' | 'cols' | 'sort' | 'find' | 'tsort' | 'oldest' | 'event' | 'from' | 'to'
    >
  >,
): Params {
  const out: Params = {};
  if (s.tab !== undefined) out.tab = s.tab === 'results' ? undefined : s.tab;
  if (s.draw !== undefined) out.draw = s.draw === 'lines' ? undefined : s.draw;
  if (s.log !== undefined) out.log = s.log ? '1' : undefined;
  if (s.sel !== undefined) out.sel = encodeSelections(s.sel);
  if (s.base !== undefined) out.base = encodeBaseline(s.base);
  if (s.swap !== undefined) out.swap = s.swap ? '1' : undefined;
  if (s.bubble !== undefined) out.bubble = s.bubble ? '1' : undefined;
  if (s.cols !== undefined) out.cols = s.cols;
  if (s.sort !== undefined) out.sort = s.sort || undefined;
  if (s.find !== undefined) out.find = s.find || undefined;
  if (s.tsort !== undefined) out.tsort = s.tsort === 'duration' ? undefined : s.tsort;
  if (s.oldest !== undefined) out.oldest = s.oldest ? '1' : undefined;
  if (s.event !== undefined) out.event = s.event || undefined;
  if (s.from !== undefined) out.from = s.from;
  if (s.to !== undefined) out.to = s.to;
  return out;
}

/** The address of a question; what the parameters leave out stays at its default. */
export function addressOf(dataset: string, params: Params): string {
  const p = new URLSearchParams();
  for (const [name, v] of Object.entries(params)) for (const x of Array.isArray(v) ? v : v === undefined ? [] : [v]) p.append(name, x);
  return `/query/${encodeURIComponent(dataset)}?${p.toString()}`;
}

/** A specification's time as the address has it. */
export function rangeOf(span: { range?: number; start?: number; end?: number }): { from: string; to: string } | undefined {
  const { range, start, end } = span;
  const ns = (s: number): string => String(BigInt(Math.round(s)) * 1_000_000_000n);
  if (start !== undefined && end !== undefined) return { from: ns(start), to: ns(end) };
  if (start !== undefined) return { from: ns(start), to: range === undefined ? 'now' : ns(start + range) };
  if (end !== undefined) return { from: ns(end - (range ?? 7200)), to: ns(end) };
  return range === undefined
    ? undefined
    : {
        from: `now-${range % 86400 === 0 ? `${range / 86400}d` : range % 3600 === 0 ? `${range / 3600}h` : range % 60 === 0 ? `${range / 60}m` : `${range}s`}`,
        to: 'now',
      };
}

/** The dataset and the stored result that an address's path names. */
export function pathOf(path: string): { dataset: string; result: string } {
  const m = /^\/(query|r)(?:\/([^/]+))?$/.exec(path);
  const name = m?.[2] ? safeDecode(m[2]) : '';
  return m?.[1] === 'r' ? { dataset: '', result: name } : { dataset: name, result: '' };
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
