// The shape of a query's answer and what is read off it.
import { cellText, type Cell } from '../../query/cell';
import { madeOf } from '../../query/made';
import type { Question } from '../../query/question';
import { calcKey } from '../../query/question';

export interface SeriesGroup {
  key: Cell[];
  values: Record<string, (number | null)[]>;
}

export interface Series {
  start: string;
  step: number;
  count: number;
  groups: SeriesGroup[];
}

export interface HeatmapData {
  calc: string;
  column: string;
  start: string;
  step: number;
  count: number;
  scale: 'log' | 'linear';
  min: number;
  max: number;
  bins: number;
  counts: number[];
}

export interface Result {
  columns: { name: string; kind: string }[];
  rows: Cell[][];
  more: boolean;
  start: string;
  end: string;
  breakdowns: number;
  series?: Series;
  heatmaps?: HeatmapData[];
  totals?: Record<string, Cell>;
  compare?: { offset: number; series: Series };
}

export interface Answer {
  result: Result;
  elapsedMs: number;
  scanned: number;
  sampled: boolean;
  complete: boolean;
  requestId: string;
  /** Under which it is kept as it is; empty if it is not. */
  resultId: string;
  /** Why it is not kept, though it should be. */
  notKept: string;
  /** Wall clock of this browser, ms. */
  ranAt: number;
  /** The question as the server read it. */
  spec: Record<string, unknown> | undefined;
}

/** One text for a group's values; equal texts are equal groups. */
export function groupId(key: readonly Cell[]): string {
  return JSON.stringify(key);
}

export function groupLabel(key: readonly Cell[]): string {
  return key.length === 0 ? 'all' : key.map(cellText).join(' · ');
}

/**
 * How many buckets later than the result's own the earlier ones begin, once both are
 * laid over each other: a period that lies back no multiple of a bucket's length has
 * its first one elsewhere.
 */
export function bucketsLate({ series, compare }: Pick<Result, 'series' | 'compare'>): number {
  if (!series || !compare) return 0;
  return Math.round(Number(BigInt(compare.series.start) + BigInt(compare.offset) - BigInt(series.start)) / series.step) + 0;
}

/** Values so many places later; those that fall out are gone. */
export function moved<T>(values: readonly (T | null)[], by: number): (T | null)[] {
  return by > 0 ? [...Array<null>(by).fill(null), ...values] : values.slice(-by);
}

/** Groups beyond this rank are grey. */
export const colouredGroups = 10;

/** Colour slots of groups: services keep their own, others take slots by rank; 0 is grey. */
export function slotsOf(result: Result, question: Question, services: ReadonlyMap<string, number>): Map<string, number> {
  const out = new Map<string, number>();
  const own = question.by.length === 1 && question.by[0] === 'service.name';
  result.rows.forEach((row, rank) => {
    const key = row.slice(0, result.breakdowns);
    const slot = own ? (services.get(String(key[0])) ?? 12) : (rank % 12) + 1;
    out.set(groupId(key), rank < colouredGroups ? slot : 0);
  });
  return out;
}

/** The charts of an answer, in the order of the calculations. */
export function chartsOf(q: Question): { key: string; op: string; column: string | undefined }[] {
  // Formulas stand in place of what they calculate with.
  const formulas = madeOf(q, 'formulas');
  if (formulas.length > 0) return formulas.map((f) => ({ key: f.name, op: 'FORMULA', column: undefined }));
  const calcs = q.calcs.length > 0 ? q.calcs : [{ op: 'COUNT', column: undefined }];
  return calcs.map((c) => ({ key: calcKey(c), op: c.op, column: c.column }));
}
