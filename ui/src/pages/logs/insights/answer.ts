// The answer of an Insights query, and what is read off it.
import type { Table } from '../../../query/table';

export interface Column {
  name: string;
  type: 'any' | 'number' | 'time' | 'json' | 'pointer';
  /** Rows are grouped by it. */
  key: boolean;
}

export interface Statistics {
  matched: number;
  scanned: number;
  bytes: number;
  groups: number;
}

export interface Answer {
  columns: Column[];
  rows: (string | null)[][];
  /** Rows are events, not groups of them. */
  raw: boolean;
  /** Of raw rows: time, arrival and dataset. */
  pointers: [string, string, string][];
  groups: { dataset: string; name: string }[];
  statistics: Statistics;
  elapsedMs: number;
  complete: boolean;
  /** The query still runs: rows are what it has come to, and there may be others. */
  soFar: boolean;
  requestId: string;
  /** Bounds of the time in ns. */
  start: string;
  end: string;
  ranAt: number;
}

/** Columns people see; the pointer leads from a row to its line. */
export function shownColumns(columns: readonly Column[]): { column: Column; at: number }[] {
  return columns.map((column, at) => ({ column, at })).filter(({ column }) => column.type !== 'pointer' && column.name !== '@ptr');
}

export function tableOf(a: Pick<Answer, 'columns' | 'rows'>): Table {
  const shown = shownColumns(a.columns);
  return {
    columns: shown.map(({ column }) => column.name),
    rows: a.rows.map((r) => shown.map(({ column, at }) => typed(column, r[at] ?? null))),
  };
}

function typed(c: Column, v: string | null): string | number | null {
  return v !== null && c.type === 'number' && v !== '' && Number.isFinite(Number(v)) && String(Number(v)) === v ? Number(v) : v;
}

/** A printed time, 2026-11-28 01:05:00.000 in UTC, in ms. */
export function timeOf(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  const ms = Date.parse(`${text.replace(' ', 'T')}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

export interface ChartLine {
  id: string;
  label: string;
  values: (number | null)[];
}

export interface Chart {
  measure: string;
  startMs: number;
  stepMs: number;
  lines: ChartLine[];
  /** Groups beyond those drawn. */
  more: number;
}

const mostLines = 10;
const mostBuckets = 5000;

/** A chart for each number over time, where rows are grouped by a time. */
export function chartsOf(a: Pick<Answer, 'columns' | 'rows'>): Chart[] {
  const time = a.columns.findIndex((c) => c.key && c.type === 'time');
  if (time < 0) return [];
  const keys = a.columns.map((c, at) => ({ c, at })).filter(({ c, at }) => c.key && at !== time);
  const measures = a.columns.map((c, at) => ({ c, at })).filter(({ c, at }) => !c.key && isNumeric(a.rows, c, at));
  const times = [...new Set(a.rows.map((r) => timeOf(r[time] ?? null)).filter((t) => t !== undefined))].sort((x, y) => x - y);
  const step = stepOf(times);
  const start = times[0];
  if (start === undefined || step === undefined) return [];
  const count = Math.round((times.at(-1)! - start) / step) + 1;
  if (count > mostBuckets) return [];
  return measures.map(({ c, at }) => {
    const lines = new Map<string, ChartLine & { total: number }>();
    for (const r of a.rows) {
      const ms = timeOf(r[time] ?? null);
      const n = r[at] === null || r[at] === '' ? NaN : Number(r[at]);
      if (ms === undefined || Number.isNaN(n)) continue;
      const key = keys.map((k) => r[k.at] ?? null);
      const id = JSON.stringify(key);
      let line = lines.get(id);
      if (!line) {
        const label = key.length === 0 ? c.name : key.map((v) => v ?? '(none)').join(' · ');
        lines.set(id, (line = { id, label, values: new Array<number | null>(count).fill(null), total: 0 }));
      }
      line.values[Math.round((ms - start) / step)] = n;
      line.total += Math.abs(n);
    }
    const ranked = [...lines.values()].sort((x, y) => y.total - x.total);
    return {
      measure: c.name,
      startMs: start,
      stepMs: step,
      lines: ranked.slice(0, mostLines).map(({ id, label, values }) => ({ id, label, values })),
      more: Math.max(ranked.length - mostLines, 0),
    };
  });
}

/** Whether a measure's groups add up, as counts and sums do and means don't: so that bars may stand on one another. */
export function addsUp(query: string, measure: string): boolean {
  const adds = /^(?:count|sum|countOverTime|sumOverTime)\s*\(/i;
  if (adds.test(measure)) return true;
  const bare = measure.replaceAll('`', '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(
    `\\b(?:count|sum|countOverTime|sumOverTime)\\s*\\((?:[^()]|\\([^()]*\\))*\\)\\s+as\\s+\`?${bare}\`?(?![\\w.@])`,
    'i',
  ).test(query);
}

function isNumeric(rows: Answer['rows'], c: Column, at: number): boolean {
  if (c.type === 'number') return true;
  return c.type === 'any' && rows.length > 0 && rows.every((r) => r[at] === null || (r[at] !== '' && Number.isFinite(Number(r[at]))));
}

/** The smallest distance of two times; one time alone is a minute. */
function stepOf(times: readonly number[]): number | undefined {
  if (times.length === 0) return undefined;
  let step = Infinity;
  for (let i = 1; i < times.length; i++) step = Math.min(step, times[i]! - times[i - 1]!);
  return Number.isFinite(step) ? step : 60_000;
}

export interface Compared {
  columns: Column[];
  rows: (string | null)[][];
  /** Of each row: there before and now, or only one of them. */
  marks: ('both' | 'new' | 'gone')[];
}

/**
 * Rows beside what they were in the period before, matched by what they are grouped
 * by; times are matched as so much later. Numbers get what they were, and the change.
 */
export function compared(now: Answer, before: Answer): Compared {
  const shift = Number((BigInt(now.start) - BigInt(before.start)) / 1_000_000n);
  const keys = now.columns.map((c, at) => ({ c, at })).filter(({ c }) => c.key);
  const numbers = new Set(now.columns.map((c, at) => (!c.key && isNumeric([...now.rows, ...before.rows], c, at) ? at : -1)));
  const idOf = (r: (string | null)[], by: number): string =>
    JSON.stringify(keys.map(({ c, at }) => (c.type === 'time' ? (timeOf(r[at] ?? null) ?? 0) + by : (r[at] ?? null))));
  const old = new Map(before.rows.map((r) => [idOf(r, shift), r]));
  const columns = now.columns.flatMap((c, at): Column[] =>
    numbers.has(at)
      ? [c, { name: `${c.name} before`, type: 'number', key: false }, { name: `Δ ${c.name}`, type: 'number', key: false }]
      : [c],
  );
  const row = (r: (string | null)[] | undefined, o: (string | null)[] | undefined): (string | null)[] =>
    now.columns.flatMap((c, at) => {
      const [a, b] = [r?.[at] ?? null, o?.[at] ?? null];
      if (!numbers.has(at)) return [r ? a : c.type === 'time' && c.key ? moved(b, shift) : b];
      return [a, b, change(a, b)];
    });
  const out: Compared = { columns, rows: [], marks: [] };
  const seen = new Set<string>();
  for (const r of now.rows) {
    const id = idOf(r, 0);
    const o = old.get(id);
    seen.add(id);
    out.rows.push(row(r, o));
    out.marks.push(o ? 'both' : 'new');
  }
  for (const [id, o] of old) {
    if (seen.has(id)) continue;
    out.rows.push(row(undefined, o));
    out.marks.push('gone');
  }
  return out;
}

function moved(text: string | null, by: number): string | null {
  const ms = timeOf(text);
  return ms === undefined ? text : new Date(ms + by).toISOString().replace('T', ' ').replace('Z', '');
}

function change(a: string | null, b: string | null): string | null {
  if (a === null && b === null) return null;
  const d = Number(a ?? 0) - Number(b ?? 0);
  return Number.isFinite(d) ? String(Number(d.toPrecision(12))) : null;
}
