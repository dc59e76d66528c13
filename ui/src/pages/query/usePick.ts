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
  onTick: (id: string) => void;
  onTickTrace: (id: string) => void;
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
    (id: string) => {
      const key = JSON.parse(id) as Cell[];
      const group = Object.fromEntries(question.by.map((f, i) => [f, key[i] ?? null]));
      const before = sel?.type === 'groups' ? sel.groups : [];
      const text = JSON.stringify(group);
      const left = before.filter((g) => JSON.stringify(g) !== text);
      const groups = left.length < before.length ? left : [...before, group];
      set({ sel: groups.length > 0 ? [{ type: 'groups', groups }] : [], ...(groups.length === 0 && { bubble: false }) });
    },
    [sel, question.by],
  );
  const onExample = useCallback(
    (column: string, b: Bounds) => {
      if (!answer) return;
      const [r] = rectangles([b]);
      const terms: Simple[] = [
        ...(Number.isFinite(b.min) ? [{ column, op: '>=', value: b.min }] : []),
        ...(Number.isFinite(b.max) ? [{ column, op: '<', value: b.max }] : []),
      ];
      openExample(dataset, question, answer, { from: r!.start, to: r!.end, by: column, terms }).catch(() => undefined); // there is none then
    },
    [rectangles, question, answer, dataset],
  );
  return {
    picked,
    ticked,
    onPick,
    onPickTime,
    onTick,
    onTickTrace: (id) => {
      const before = sel?.type === 'traces' ? sel.ids : [];
      const ids = before.includes(id) ? before.filter((x) => x !== id) : [...before, id];
      set({ sel: ids.length > 0 ? [{ type: 'traces', ids }] : [], ...(ids.length === 0 && { bubble: false }) });
    },
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
      return add([
        ...(Number.isFinite(min) ? [{ column: s.column, op: '>=', value: min }] : []),
        ...(Number.isFinite(max) ? [{ column: s.column, op: '<', value: max }] : []),
      ]);
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
