// Log lines as the pages show them, and as the server sends them.
import { levelOf, type Level } from '../../charts/level';
import type { Cell } from '../../query/cell';
import { momentMs } from '../../time/format';

/** A line's level; `none` where the line says nothing of it. */
export type LineLevel = Level | 'none';

export const lineLevels: readonly LineLevel[] = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'none'];

export const shortLevel: Readonly<Record<LineLevel, string>> = {
  fatal: 'FTL',
  error: 'ERR',
  warn: 'WRN',
  info: 'INF',
  debug: 'DBG',
  trace: 'TRC',
  none: '—',
};

export interface Line {
  /** Its place among all lines: the same for ever, and different for each. */
  at: string;
  /** Unix ns. */
  ns: string;
  ms: number;
  dataset: string;
  /** The beginning of it, where the message is longer than a list takes. */
  body: string;
  /** Bytes of the whole message, where body is not all of it; else 0. */
  cut: number;
  level: LineLevel;
  service: string;
  fields: ReadonlyMap<string, Cell>;
}

/** What a list of lines needs of each, beside the columns that were chosen. */
export const usualFields = [
  'body',
  'severity',
  'service.name',
  'log.group',
  'log.stream',
  'host.name',
  'trace.trace_id',
  'trace.parent_id',
  'message',
  'msg',
  'event.name',
] as const;

export function lineLevel(severity: Cell | undefined): LineLevel {
  const word = severity === null || severity === undefined ? '' : String(severity);
  return word === '' || word === 'unspecified' ? 'none' : levelOf(word);
}

export interface EventsPage {
  base: string;
  columns: string[];
  rows: Cell[][];
  times: number[];
  datasets: string[];
  ids?: string[];
  /** Where the event is that was asked for. */
  at?: number;
  reached?: string;
  next: string;
  /** Row, column and whole size in bytes of the texts that are not whole. */
  cut?: [number, number, number][];
}

const some = (v: Cell | undefined): string => (v === null || v === undefined ? '' : String(v));

/** A line of the fields of an event. */
export function lineOf(
  at: string,
  ns: string,
  dataset: string,
  fields: ReadonlyMap<string, Cell>,
  cut: Readonly<Record<string, number>> = {},
): Line {
  const said = ['body', 'message', 'event.name'].find((f) => fields.has(f)) ?? 'body';
  return {
    at,
    ns,
    ms: momentMs(ns),
    dataset,
    body: some(fields.get(said)),
    cut: cut[said] ?? 0,
    level: lineLevel(fields.get('severity')),
    service: some(fields.get('service.name')),
    fields,
  };
}

/** The lines of a page, in its order. */
export function linesOf(page: EventsPage): Line[] {
  const cut = new Map<number, Record<string, number>>();
  for (const [row, column, bytes] of page.cut ?? []) cut.set(row, { ...cut.get(row), [page.columns[column]!]: bytes });
  return page.rows.map((row, i) => {
    const fields = new Map<string, Cell>();
    page.columns.forEach((c, k) => {
      const v = row[k] ?? null;
      if (v !== null) fields.set(c, v);
    });
    const ns = String(BigInt(page.base) + BigInt(page.times[i]!));
    return lineOf(page.ids?.[i] ?? '', ns, page.datasets[i] ?? '', fields, cut.get(i));
  });
}

/** Where a line came from, by what it says of that: the most exact that it has. */
export function sourceOf(line: Line): { group: string; stream: string } {
  return {
    group: some(line.fields.get('log.group')) || line.dataset,
    stream: some(line.fields.get('log.stream')) || some(line.fields.get('host.name')),
  };
}

/** Who says a line, in few letters: its service, or what its group is of ("/aws/lambda/thumbs" is of thumbs). */
export function speakerOf(line: Line): string {
  if (line.service !== '') return line.service;
  const { group } = sourceOf(line);
  return group.slice(group.lastIndexOf('/', group.length - 2) + 1) || group;
}

const position = /^(\d{1,19})\.(-?\d{1,19})\.([0-9a-f]{1,16})\.(\d{1,10})$/;

/** Whether a text may be the position of a line. */
export function isPosition(text: string): boolean {
  return position.test(text);
}

/** The position before all lines of a moment. */
export function beforeTime(ns: string): string {
  return `${ns}.-9223372036854775808.0.0`;
}

/** Whether a position is that before all lines of a moment, and of no line. */
export function isMoment(at: string): boolean {
  return at.endsWith('.-9223372036854775808.0.0');
}

/** The moment of a position. */
export function timeOf(at: string): string {
  return at.split('.', 1)[0]!;
}

/** The nearest line after a place, or before it with -1, that matches; -1 if none does. */
export function nextMatch(lines: readonly Line[], from: number, by: 1 | -1, isMatch: (line: Line) => boolean): number {
  for (let i = from + by; i >= 0 && i < lines.length; i += by) if (isMatch(lines[i]!)) return i;
  return -1;
}
