// Questions to and from Honeycomb's query specification.
import { parseCompare, parseWhere } from './parse';
import { compareText, whereText } from './print';
import {
  compareOffsets,
  empty,
  Exact,
  isNested,
  isOp,
  type Calc,
  type Condition,
  type Question,
  type Scalar,
  type Simple,
  type Span,
  type Where,
} from './question';

type Json = Record<string, unknown>;

const known = new Set([
  'calculations',
  'filters',
  'filter_combination',
  'breakdowns',
  'orders',
  'havings',
  'limit',
  'granularity',
  'time_range',
  'start_time',
  'end_time',
  'compare_time_offset_seconds',
  'compare',
  'usage_mode',
  'where',
]);

function filtersOf(w: Where): Json {
  if (w.terms.length === 0) return {};
  if (w.terms.some(isNested)) return { where: whereText(w) };
  return { filters: w.terms, ...(w.any && w.terms.length > 1 && { filter_combination: 'OR' }) };
}

/** Honeycomb's member where that has the length, or our own. */
function compareOf({ compare }: Question): Json {
  if (compare === undefined) return {};
  if (typeof compare === 'number' && compareOffsets.includes(compare)) return { compare_time_offset_seconds: compare };
  return { compare: compareText(compare) };
}

/** The specification; absent members stay absent. */
export function toSpec(q: Question, span: Span = {}): Json {
  const some = <T>(list: T[], name: string): Json => (list.length > 0 ? { [name]: list } : {});
  const calc = ({ where, ...c }: Calc): Json => ({ ...c, ...(where && filtersOf(where)) });
  const { calculations, ...rest } = {
    calculations: q.calcs.map(calc),
    ...filtersOf(q.where),
    ...some(q.by, 'breakdowns'),
    ...some(
      q.orders.map(({ desc, ...o }) => ({ ...o, ...(desc && { order: 'descending' }) })),
      'orders',
    ),
    ...some(
      q.havings.map((h) => ({
        ...(h.op !== undefined && { calculate_op: h.op }),
        ...(h.column !== undefined && { column: h.column }),
        op: h.sign,
        value: h.value,
      })),
      'havings',
    ),
    ...(q.limit !== undefined && { limit: q.limit }),
    ...(q.step !== undefined && { granularity: q.step }),
    ...(span.range !== undefined && { time_range: span.range }),
    ...(span.start !== undefined && { start_time: span.start }),
    ...(span.end !== undefined && { end_time: span.end }),
    ...compareOf(q),
    ...(q.unweighted && { usage_mode: true }),
    ...q.rest,
  };
  return { ...some(calculations, 'calculations'), ...rest };
}

const list = (v: unknown, name: string): Json[] => {
  if (v === undefined || v === null) return [];
  if (!Array.isArray(v) || v.some((x) => typeof x !== 'object' || x === null)) throw new Error(`${name} is not a list of objects`);
  return v as Json[];
};
const text = (v: unknown): string | undefined => (typeof v === 'string' && v !== '' ? v : undefined);
const number = (v: unknown): number | undefined => (typeof v === 'number' && Number.isFinite(v) ? v : undefined);
const isScalar = (v: unknown): v is Scalar =>
  typeof v === 'string' || typeof v === 'boolean' || typeof v === 'number' || v instanceof Exact;

function simple(f: Json): Simple {
  const column = text(f.column);
  const op = text(f.op);
  if (!column || !op) throw new Error('a filter has no column or no op');
  if (op === 'exists' || op === 'does-not-exist') return { column, op };
  if (op === 'in' || op === 'not-in') {
    const values = typeof f.value === 'string' ? f.value.split(',').map((s) => s.trim()) : f.value;
    if (!Array.isArray(values) || !values.every(isScalar)) throw new Error(`${column} ${op} wants a list of values`);
    return { column, op, value: values };
  }
  if (!isScalar(f.value)) throw new Error(`${column} ${op} wants a value`);
  return { column, op, value: f.value };
}

function conditions(o: Json): Where {
  const terms: Condition[] = list(o.filters, 'filters').flatMap((f) =>
    f.op === 'search' && Array.isArray(f.value) ? f.value.map((v) => simple({ ...f, value: String(v) })) : [simple(f)],
  );
  const filters: Where = { any: o.filter_combination === 'OR' && terms.length > 1, terms };
  const more = text(o.where);
  if (!more) return filters;
  const nested = parseWhere(more);
  if (terms.length === 0) return nested;
  const left: Condition[] = filters.any ? [{ text: whereText(filters), joined: true }] : terms;
  return { any: false, terms: [...left, ...(nested.any ? [{ text: more, joined: true }] : nested.terms)] };
}

/** Reads a specification; members that the builder has no clause for are kept. */
export function fromSpec(o: Json): { question: Question; span: Span } {
  const q = empty();
  q.calcs = list(o.calculations, 'calculations').map((c): Calc => {
    const op = text(c.op)?.toUpperCase();
    if (!op || !isOp(op)) throw new Error(`${String(c.op)} is not a known calculation`);
    const where = conditions({ filters: c.filters, filter_combination: c.filter_combination });
    return { op, column: text(c.column), ...(text(c.name) && { name: text(c.name) }), ...(where.terms.length > 0 && { where }) };
  });
  q.where = conditions(o);
  q.by = Array.isArray(o.breakdowns) ? o.breakdowns.filter((b): b is string => typeof b === 'string') : [];
  q.orders = list(o.orders, 'orders').map((r) => ({
    ...(text(r.op) && { op: text(r.op) }),
    ...(text(r.column) && { column: text(r.column) }),
    desc: r.order === 'descending',
  }));
  q.havings = list(o.havings, 'havings').map((h) => {
    const value = number(h.value);
    if (value === undefined) throw new Error('a having has no value');
    return {
      ...(text(h.calculate_op) && { op: text(h.calculate_op) }),
      ...(text(h.column) && { column: text(h.column) }),
      sign: text(h.op) ?? '=',
      value,
    };
  });
  if (number(o.limit)) q.limit = number(o.limit);
  if (number(o.granularity)) q.step = number(o.granularity);
  if (number(o.compare_time_offset_seconds)) q.compare = number(o.compare_time_offset_seconds);
  else if (text(o.compare)) q.compare = parseCompare(text(o.compare)!);
  q.unweighted = o.usage_mode === true;
  const rest = Object.entries(o).filter(([name, v]) => !known.has(name) && v !== null && !(Array.isArray(v) && v.length === 0));
  if (rest.length > 0) q.rest = Object.fromEntries(rest);
  return { question: q, span: { range: number(o.time_range), start: number(o.start_time), end: number(o.end_time) } };
}

/** A question in what was pasted: a specification, one line of text is not looked for here, or a link that holds a specification. */
export function pasted(raw: string): { question: Question; span: Span } | undefined {
  const t = raw.trim();
  const link = /^https?:\/\/\S+[?&]query=([^&\s#]+)/.exec(t);
  const json = link ? decodeURIComponent(link[1]!.replaceAll('+', ' ')) : t;
  if (!json.startsWith('{')) return undefined;
  const o = JSON.parse(json) as Json;
  const inner = typeof o.query === 'object' && o.query !== null ? (o.query as Json) : o;
  return fromSpec(inner);
}
