// What can be typed next in a clause of the builder.
import { ident, isKeyword } from './lex';
import { functionsLike, operandText, placeOfMade } from './made';
import { calcText } from './print';
import { calcKey, filterOps, ops, type Calc } from './question';

export type Clause = 'calc' | 'where' | 'by' | 'order' | 'having' | 'with' | 'formula';

export interface Field {
  name: string;
  type: string;
  fill: number;
  /** What the datasets that have it hold: span, log, error or event. */
  sources?: string[];
  description?: string;
  /** Somebody said that it should not be offered. */
  hidden?: boolean;
  /** Of a calculated field. */
  expression?: string;
  /** The kind of a metric, in a metrics dataset: sum(cumulative,monotonic). */
  metric?: string;
  /** Of a metric. */
  unit?: string;
}

/** What the place of the caret wants. */
export type Wanted =
  | { kind: 'calc' }
  | { kind: 'field'; numeric: boolean }
  | { kind: 'op'; column: string }
  | { kind: 'value'; column: string; list: boolean }
  | { kind: 'key' }
  | { kind: 'sign' }
  | { kind: 'join' }
  | { kind: 'operand'; of: 'fields' | 'calcs' }
  | { kind: 'function' }
  | { kind: 'nothing' };

export interface Place {
  wanted: Wanted;
  /** What is already typed of it, without quotes. */
  prefix: string;
  /** Where in the text the typed part begins; it is replaced up to the caret. */
  from: number;
}

interface Piece {
  text: string;
  at: number;
  kind: 'word' | 'name' | 'string' | 'number' | 'sign';
  open: boolean;
}

const pieceAt =
  /\s+|(?<string>"(?:[^"\\]|\\.)*(?<endq>"?))|(?<name>`(?:[^`\\]|\\.)*(?<endn>`?))|(?<number>[-+]?\d[\w.]*)|(?<sign>!=?|<=|>=|<>|==|[=<>(),])|(?<word>[^\s"`=<>!(),]+)/gy;

/** Cuts a text that may be half typed. */
function pieces(text: string): Piece[] {
  const out: Piece[] = [];
  pieceAt.lastIndex = 0;
  for (let m = pieceAt.exec(text); m; m = pieceAt.exec(text)) {
    const g = m.groups!;
    const kind = (['string', 'name', 'number', 'sign', 'word'] as const).find((k) => g[k] !== undefined);
    if (kind) out.push({ text: m[0], at: m.index, kind, open: (kind === 'string' && !g.endq) || (kind === 'name' && !g.endn) });
  }
  return out;
}

const bare = (p: Piece): string =>
  p.kind === 'string' || p.kind === 'name' ? p.text.replace(/^["`]|["`]$/g, '').replace(/\\(.)/g, '$1') : p.text;

/** Where the caret stands in a clause's text. */
export function placeOf(clause: Clause, text: string, caret: number): Place {
  if (clause === 'with' || clause === 'formula') {
    const { wanted, prefix, from } = placeOfMade(text, caret);
    const of = clause === 'with' ? 'fields' : 'calcs';
    return { wanted: wanted === 'operand' ? { kind: wanted, of } : { kind: wanted }, prefix, from };
  }
  const before = text.slice(0, caret);
  const all = pieces(before);
  const last = all.at(-1);
  // The piece under the caret is still being typed.
  const typing = last && (last.open || (last.kind !== 'sign' && !/\s$/.test(before))) ? last : undefined;
  const done = typing ? all.slice(0, -1) : all;
  const wanted = want(clause, done);
  return { wanted, prefix: typing ? bare(typing) : '', from: typing ? typing.at : caret };
}

function want(clause: Clause, done: Piece[]): Wanted {
  if (clause === 'where') return inCondition(done);
  const from = done.map((p) => p.text).lastIndexOf(',') + 1;
  const item = done.slice(from);
  if (clause === 'by') return item.length === 0 ? { kind: 'field', numeric: false } : { kind: 'nothing' };
  const open = done.filter((p) => p.text === '(').length - done.filter((p) => p.text === ')').length;
  if (clause === 'calc') {
    const condition = done.findLastIndex((p) => /^if$/i.test(p.text));
    if (condition >= 0 && open > 0 && done[condition + 1]?.text === '(') return inCondition(done.slice(condition + 2));
    if (item.length === 0) return { kind: 'calc' };
    if (open > 0) return { kind: 'field', numeric: !/^count/i.test(item[0]!.text) };
    return { kind: 'nothing' };
  }
  if (item.length === 0) return { kind: 'key' };
  const whole = open === 0;
  if (clause === 'order') return whole ? { kind: 'join' } : { kind: 'field', numeric: false };
  const hasSign = item.some((p) => p.kind === 'sign' && p.text !== '(' && p.text !== ')');
  return !whole ? { kind: 'field', numeric: true } : hasSign ? { kind: 'nothing' } : { kind: 'sign' };
}

/** Reads conditions from the left; what the last one lacks is wanted. */
function inCondition(done: Piece[]): Wanted {
  let column: Piece | undefined;
  let op: string | undefined;
  let whole = false;
  let list = false;
  for (const p of done) {
    const word = p.text.toLowerCase();
    if (list) {
      if (p.text === ')') [list, whole] = [false, true];
    } else if (whole) {
      if (word === 'and' || word === 'or') [column, op, whole] = [undefined, undefined, false];
    } else if (!column) {
      if (p.text !== '(' && word !== 'not') column = p;
    } else if (op === undefined) {
      op = word;
      whole = op === 'exists' || op === 'does-not-exist';
    } else if (p.text === '(') list = true;
    else whole = true;
  }
  if (whole) return { kind: 'join' };
  if (!column) return { kind: 'field', numeric: false };
  if (op === undefined) return { kind: 'op', column: bare(column) };
  return { kind: 'value', column: bare(column), list: list || op === 'in' || op === 'not-in' };
}

export interface Suggestion {
  label: string;
  /** What is put in place of the typed part. */
  insert: string;
  detail: string;
  /** The caret goes back by so many characters, into brackets. */
  back?: number;
}

const most = 50;

/** Fields that hold the typed letters, those that begin with them first. */
export function matching<T>(items: T[], prefix: string, text: (item: T) => string): T[] {
  const p = prefix.toLowerCase();
  const rank = (s: string): number => {
    const t = s.toLowerCase();
    const at = t.indexOf(p);
    return at < 0 ? -1 : at === 0 ? 0 : /[._\-/ ]/.test(t[at - 1]!) ? 1 : 2;
  };
  return items
    .map((item) => ({ item, r: rank(text(item)) }))
    .filter(({ r }) => r >= 0)
    .sort((a, b) => a.r - b.r)
    .slice(0, most)
    .map(({ item }) => item);
}

export const isNumeric = (f: Field): boolean =>
  f.type === 'integer' || f.type === 'float' || f.type === 'int' || f.type === 'number' || f.type === 'histogram';

interface Known {
  fields: Field[];
  calcs: Calc[];
  by: string[];
}

const names: Readonly<Record<string, string>> = {
  COUNT: 'number of events',
  HEATMAP: 'distribution over time',
  COUNT_DISTINCT: 'number of different values',
  CONCURRENCY: 'spans in flight',
  COUNT_DATAPOINTS: 'number of data points of metrics',
  HISTOGRAM_COUNT: 'number of values in histograms',
  AVG: 'mean',
  SUM: 'sum',
  MIN: 'smallest',
  MAX: 'largest',
  RATE_SUM: 'change of the sum',
  RATE_AVG: 'change of the mean',
  RATE_MAX: 'change of the largest',
};
const quantile = (op: string): string => `${Number(`0.${op.slice(1)}`) * 100}`.slice(0, 5) + ' % are below';

const aboutField = (f: Field): string =>
  [
    f.metric ? [f.metric, f.unit].filter(Boolean).join(' in ') : f.type,
    f.metric ? '' : f.sources?.join(', '),
    f.expression === undefined ? `${Math.round(f.fill * 100)} %` : 'calculated',
    f.description,
  ]
    .filter(Boolean)
    .join(' · ');

const ofEventsOnly = ['COUNT', 'CONCURRENCY', 'RATE_SUM', 'RATE_AVG', 'RATE_MAX'];

/** Whether the fields are those of a metrics dataset. */
const ofMetrics = (fields: Field[]): boolean => fields.some((f) => f.metric);

/** What is offered: of data points of metrics, what can be calculated over their series. */
function opsFor(fields: Field[]): string[] {
  const all = Object.keys(ops);
  return ofMetrics(fields) ? all.filter((op) => !ofEventsOnly.includes(op)) : all.filter((op) => op !== 'HISTOGRAM_COUNT');
}

/** What may stand at a place; values of fields come from the server and are added by the caller. */
export function suggest(place: Place, known: Known): Suggestion[] {
  const { wanted, prefix } = place;
  switch (wanted.kind) {
    case 'calc':
      return matching(opsFor(known.fields), prefix, (o) => o).map((op) => ({
        label: ops[op] === 'needed' ? `${op}(…)` : op,
        insert: ops[op] === 'needed' ? `${op}()` : op,
        detail: names[op] ?? quantile(op),
        ...(ops[op] === 'needed' && { back: 1 }),
      }));
    case 'field': {
      const shown = known.fields.filter((f) => !f.hidden || f.name === prefix);
      const fields = wanted.numeric ? shown.sort((a, b) => Number(isNumeric(b)) - Number(isNumeric(a))) : shown;
      return matching(fields, prefix, (f) => f.name).map((f) => ({ label: f.name, insert: ident(f.name), detail: aboutField(f) }));
    }
    case 'op': {
      const type = known.fields.find((f) => f.name === wanted.column);
      const order = type && isNumeric(type) ? ['>', '<', '>=', '<=', ...filterOps] : filterOps;
      return [...new Set(order)]
        .filter((o) => o.startsWith(prefix.toLowerCase()) || o.includes(`-${prefix.toLowerCase()}`))
        .map((o) => ({ label: o, insert: o, detail: '' }));
    }
    case 'key':
      return matching(
        [
          ...known.calcs.filter((c) => c.op !== 'HEATMAP').map((c) => (c.name ? ident(c.name) : calcText({ op: c.op, column: c.column }))),
          ...known.by.map(ident),
        ],
        prefix,
        (k) => k,
      ).map((k) => ({ label: k, insert: k, detail: '' }));
    case 'sign':
      return ['>', '>=', '<', '<=', '=', '!='].filter((s) => s.startsWith(prefix)).map((s) => ({ label: s, insert: s, detail: '' }));
    case 'operand': {
      if (wanted.of === 'calcs')
        return matching(known.calcs.filter((c) => c.op !== 'HEATMAP').map(calcKey), prefix, (k) => k).map((k) => ({
          label: `$${k}`,
          insert: operandText(k),
          detail: '',
        }));
      const fields = known.fields.filter((f) => !f.hidden && f.expression === undefined);
      return matching(fields, prefix, (f) => f.name).map((f) => ({
        label: `$${f.name}`,
        insert: operandText(f.name),
        detail: aboutField(f),
      }));
    }
    case 'function':
      return prefix === ''
        ? []
        : functionsLike(prefix, ofMetrics(known.fields)).map((f) => ({
            label: `${f.name}(…)`,
            insert: `${f.name}()`,
            detail: f.inside,
            back: 1,
          }));
    case 'join':
    case 'value':
    case 'nothing':
      return [];
  }
}

/** A value as it stands in a condition. */
export function valueText(v: string | number | boolean): string {
  if (typeof v !== 'string') return String(v);
  return /^[A-Za-z_][\w.\-/:]*$/.test(v) && !isKeyword(v) && !v.endsWith('-') ? v : JSON.stringify(v);
}
