// What of an answer can be drawn: numbers over time, or for each thing that rows are grouped by.
import type { Cell } from '../../../query/cell';
import type { Answer } from './useRql';

export interface TimeChart {
  kind: 'time';
  measure: string;
  startMs: number;
  stepMs: number;
  values: (number | null)[];
}

export interface BarChart {
  kind: 'bars';
  measure: string;
  bars: { label: string; value: number }[];
  /** Rows beyond those drawn. */
  more: number;
}

const mostBuckets = 2000;
const mostBars = 40;

/** How many seconds one stands for: `timestamp DIV 3600` counts hours; 0 if it is no time. */
function secondsOf(name: string, type: string, values: readonly number[]): number {
  const m = /timestamp\s+div\s+(\d+)(\s*\*\s*(\d+))?/i.exec(name);
  if (m) return m[2] ? 1 : Number(m[1]);
  // Under another name a time is told by what it looks like: seconds of this century.
  const looks = values.length > 0 && values.every((v) => v > 946_684_800 && v < 4_102_444_800);
  return type === 'time' || looks ? 1 : 0;
}

/** Whether a column that is grouped by holds moments, in seconds since 1970, whatever its name is. */
export function isMoment(c: Answer['columns'][number], at: number, rows: Answer['rows']): boolean {
  const values = rows.map((r) => r[at]).filter(isNumber);
  return c.key && values.length === rows.length && secondsOf('', c.type, values) === 1;
}

const isNumber = (v: Cell | undefined): v is number => typeof v === 'number' && Number.isFinite(v);

/** The chart of each number of an answer that is grouped. */
export function chartsOf(answer: Pick<Answer, 'columns' | 'rows'>): (TimeChart | BarChart)[] {
  const { columns, rows } = answer;
  const keys = columns.map((c, at) => ({ c, at })).filter(({ c }) => c.key);
  const measures = columns
    .map((c, at) => ({ c, at }))
    .filter(
      ({ c, at }) => !c.key && rows.length > 0 && rows.some((r) => isNumber(r[at])) && rows.every((r) => r[at] === null || isNumber(r[at])),
    );
  // A counter or id beside the key names a thing; it is no amount.
  const amounts = measures.filter(({ c }) => !/(?:^|\.)(?:counter|id|timestamp)$/.test(c.name));
  if (keys.length === 0 || rows.length < 2) return [];
  if (keys.length === 1) {
    const { c, at } = keys[0]!;
    const times = rows.map((r) => r[at]).filter(isNumber);
    const seconds = times.length === rows.length ? secondsOf(c.name, c.type, times) : 0;
    if (seconds > 0) return amounts.flatMap((m) => timeChart(m.c.name, rows, at, m.at, seconds * 1000));
  }
  const names = columns
    .map((c, at) => ({ c, at }))
    .filter(({ c, at }) => c.key || (typeof rows[0]?.[at] === 'string' && !isNumber(rows[0]?.[at])));
  return amounts.map((m) => ({
    kind: 'bars',
    measure: m.c.name,
    bars: rows.slice(0, mostBars).map((r) => ({
      label: names.map(({ c, at }) => (c.name === 'item.counter' ? `#${String(r[at])}` : String(r[at] ?? '–'))).join(' · '),
      value: isNumber(r[m.at]) ? (r[m.at] as number) : 0,
    })),
    more: Math.max(rows.length - mostBars, 0),
  }));
}

function timeChart(measure: string, rows: Answer['rows'], key: number, at: number, unitMs: number): TimeChart[] {
  const points = rows
    .map((r): [number, number | null] => [(r[key] as number) * unitMs, isNumber(r[at]) ? r[at] : null])
    .sort((x, y) => x[0] - y[0]);
  let step = Infinity;
  for (let i = 1; i < points.length; i++) {
    const gap = points[i]![0] - points[i - 1]![0];
    if (gap > 0) step = Math.min(step, gap);
  }
  if (!Number.isFinite(step)) return [];
  const start = points[0]![0];
  const n = Math.round((points.at(-1)![0] - start) / step) + 1;
  if (n > mostBuckets) return [];
  const values = new Array<number | null>(n).fill(null);
  for (const [t, v] of points) values[Math.round((t - start) / step)] = v;
  return [{ kind: 'time', measure, startMs: start, stepMs: step, values }];
}
