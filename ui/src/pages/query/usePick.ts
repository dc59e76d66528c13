import { useCallback, useMemo } from 'react';

import { setParams } from '../../app/location';
import type { Bounds } from '../../charts/heatmap';
import { parseWhere } from '../../query/parse';
import type { Question, Simple } from '../../query/question';
import { type Cell } from '../../query/cell';
import { openExample } from './example';
import { groupId, type Answer } from './result';
import { rest, type Baseline, type Selection } from '../../query/bubble/selection';
import { encodeQuestion, encodeView, type QueryState } from './url';
import { withTerm } from './useValueActions';

export interface Pick {
  /** Rectangles for the charts, in ns from the start of the result. */
  picked: { column: string; list: Bounds[] } | undefined;
  /** Groups that are ticked in the table. */
  ticked: ReadonlySet<string>;
  onPick: (column: string, list: Bounds[]) => void;
  onPickTime: (from: number, to: number) => void;
  /** One is flipped; several are all picked. */
  onTick: (ids: string[]) => void;
  onTickTrace: (ids: string[]) => void;
  /** One group is compared with the others. */
  onGroup: (id: string) => void;
  onExample: (column: string, b: Bounds) => void;
  clear: () => void;
  bubble: (open: boolean) => void;
  swap: () => void;
  base: (b: Baseline) => void;
  /** The time of the selection becomes that of the page; undefined where it has none. */
  zoom: (() => void) | undefined;
  /** The selection becomes a condition of the question; undefined where it can't be one. */
  filter: (() => void) | undefined;
}

const set = (c: Parameters<typeof encodeView>[0]): void => setParams(encodeView(c));

const nothing = { sel: [], bubble: false, swap: false, base: rest };

/** What is picked: kept in the address, shown on charts and rows, compared by BubbleUp. */
export function usePick(dataset: string, state: QueryState, answer: Answer | undefined, question: Question): Pick {
  const [sel] = state.sel;
  const start = answer ? BigInt(answer.result.start) : 0n;
  const picked = useMemo(
    () =>
      sel?.type === 'range'
        ? {
            column: sel.column,
            list: sel.rectangles.map((r) => ({
              from: Number(BigInt(r.start) - start),
              to: Number(BigInt(r.end) - start),
              min: r.min,
              max: r.max,
            })),
          }
        : undefined,
    [sel, start],
  );
  const ticked = useMemo(
    () => new Set(sel?.type === 'groups' ? sel.groups.map((g) => groupId(question.by.map((f) => g[f] ?? null))) : []),
    [sel, question.by],
  );
  const rectangles = useCallback(
    (list: Bounds[]) =>
      list.map((b) => ({
        start: String(start + BigInt(Math.floor(b.from))),
        end: String(start + BigInt(Math.ceil(b.to))),
        min: b.min,
        max: b.max,
      })),
    [start],
  );
  const onPick = useCallback(
    (column: string, list: Bounds[]) =>
      set(list.length === 0 ? nothing : { sel: [{ type: 'range', column, rectangles: rectangles(list) }], bubble: true }),
    [rectangles],
  );
  const onPickTime = useCallback((from: number, to: number) => onPick('', [{ from, to, min: -Infinity, max: Infinity }]), [onPick]);
  const onTick = useCallback(
    (ids: string[]) => {
      const before = sel?.type === 'groups' ? sel.groups.map((g) => JSON.stringify(g)) : [];
      const groups = flipped(
        before,
        ids.map((id) => JSON.stringify(groupOf(question, id))),
      ).map((g) => JSON.parse(g) as Record<string, Cell>);
      set({ sel: groups.length > 0 ? [{ type: 'groups', groups }] : [], ...(groups.length === 0 && { bubble: false }) });
    },
    [sel, question],
  );
  const onExample = useCallback(
    (column: string, b: Bounds) => {
      if (!answer) return;
      const [r] = rectangles([b]);
      openExample(dataset, question, answer, { from: r!.start, to: r!.end, by: column, terms: within(column, b) }).catch(() => undefined); // there is none then
    },
    [rectangles, question, answer, dataset],
  );
  return {
    picked,
    ticked,
    onPick,
    onPickTime,
    onTick,
    onTickTrace: (wanted) => {
      const ids = flipped(sel?.type === 'traces' ? sel.ids : [], wanted);
      set({ sel: ids.length > 0 ? [{ type: 'traces', ids }] : [], ...(ids.length === 0 && { bubble: false }) });
    },
    onGroup: (id) => set({ ...nothing, sel: [{ type: 'groups', groups: [groupOf(question, id)] }], bubble: true }),
    onExample,
    clear: () => set(nothing),
    bubble: (open) => set({ bubble: open }),
    swap: () => set({ swap: !state.swap }),
    base: (base) => set({ base }),
    zoom: sel?.type === 'range' ? () => set({ ...around(sel), sel: [], bubble: false }) : undefined,
    filter:
      sel && filterable(sel)
        ? () =>
            setParams({
              ...encodeQuestion(filtered(question, sel)),
              ...encodeView({ sel: [], bubble: false }),
              ...(sel.type === 'range' && around(sel)),
            })
        : undefined,
  };
}

function groupOf(q: Question, id: string): Record<string, Cell> {
  const key = JSON.parse(id) as Cell[];
  return Object.fromEntries(q.by.map((f, i) => [f, key[i] ?? null]));
}

/** One of a list goes in or out, several all go in. */
export function flipped(before: readonly string[], ids: readonly string[]): string[] {
  const [one] = ids;
  if (ids.length === 1 && before.includes(one!)) return before.filter((x) => x !== one);
  return [...new Set([...before, ...ids])];
}

/** The conditions that hold for values within bounds. */
export function within(column: string, { min, max }: { min: number; max: number }): Simple[] {
  return [
    ...(Number.isFinite(min) ? [{ column, op: '>=', value: min }] : []),
    ...(Number.isFinite(max) ? [{ column, op: '<', value: max }] : []),
  ];
}

/** What came after a moment, picked to be compared with what was before it. */
export function afterRelease(answer: Answer, m: { from: number }): { sel: Selection[]; base: Baseline; bubble: boolean; swap: boolean } {
  const { start, end } = answer.result;
  const at = BigInt(start) + BigInt(Math.round(Math.max(m.from, 0)));
  const rectangles = [{ start: String(at), end, min: -Infinity, max: Infinity }];
  return { sel: [{ type: 'range', column: '', rectangles }], base: rest, bubble: true, swap: false };
}

/** The time that holds all rectangles. */
function around(s: Extract<Selection, { type: 'range' }>): { from: string; to: string } {
  const of = (pick: (a: bigint, b: bigint) => bigint, name: 'start' | 'end'): string =>
    String(s.rectangles.map((r) => BigInt(r[name])).reduce(pick));
  return { from: of((a, b) => (a < b ? a : b), 'start'), to: of((a, b) => (a > b ? a : b), 'end') };
}

/** Rectangles and groups are conditions when there is one of them. */
function filterable(s: Selection): boolean {
  return s.type === 'range'
    ? s.rectangles.length === 1 && s.column !== ''
    : s.type === 'groups'
      ? s.groups.length === 1 || Object.keys(s.groups[0]!).length === 1
      : true;
}

export function filtered(q: Question, s: Selection): Question {
  const add = (terms: Simple[]): Question => terms.reduce((to, t) => ({ ...to, where: withTerm(to.where, t) }), q);
  switch (s.type) {
    case 'range': {
      const { min, max } = s.rectangles[0]!;
      return add(within(s.column, { min, max }));
    }
    case 'groups': {
      const equals = ([column, value]: [string, Cell]): Simple =>
        value === null ? { column, op: 'does-not-exist' } : { column, op: '=', value };
      if (s.groups.length === 1) return add(Object.entries(s.groups[0]!).map(equals));
      const column = Object.keys(s.groups[0]!)[0]!;
      return add([{ column, op: 'in', value: s.groups.map((g) => g[column] ?? null).filter((v) => v !== null) }]);
    }
    case 'filter': {
      const where = parseWhere(s.text);
      if (!where.any && where.terms.every((t) => 'op' in t)) return add(where.terms as Simple[]);
      return { ...q, where: { any: false, terms: [...q.where.terms, { text: s.text, joined: true }] } };
    }
    case 'traces':
      return add([{ column: 'trace.trace_id', op: 'in', value: s.ids }]);
  }
}
