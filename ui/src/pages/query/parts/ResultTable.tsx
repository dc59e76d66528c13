import { memo, useCallback, useMemo, useRef, useSyncExternalStore } from 'react';

import { Canvas } from '../../../charts/Canvas';
import { drawSpark } from '../../../charts/draw';
import type { Hover } from '../../../charts/hover';
import { valueLabel, type Unit } from '../../../charts/scale';
import type { Theme } from '../../../charts/theme';
import { calcKey, type Question } from '../../../query/question';
import { cellText, unitOf, type Cell } from '../../../query/cell';
import { groupId, type Result } from '../result';
import { useRowKeys } from '../useRowKeys';
import { useRowsInView } from '../useRowsInView';
import { CellMenu, type ValueActions } from '../../../query/bubble/CellMenu';

interface Props {
  result: Result;
  question: Question;
  slots: ReadonlyMap<string, number>;
  hover: Hover;
  actions: ValueActions;
  ticked: ReadonlySet<string>;
  onTick: (ids: string[]) => void;
  /** BubbleUp of one group. */
  onBubble: (id: string) => void;
  /** By a column's name, with a minus the largest first. */
  sort: string;
  onSort: (sort: string) => void;
  /** Only groups that hold this. */
  find: string;
  onFind: (find: string) => void;
}

interface Sort {
  column: number;
  desc: boolean;
}

/** The groups with their calculations; it is the charts' legend. */
export function ResultTable(props: Props): React.ReactElement {
  const { result, question, slots, ticked, find: filter, onFind: setFilter } = props;
  const sort = useMemo(() => sortOf(props.sort, result), [props.sort, result]);
  const box = useRef<HTMLElement>(null);
  const units = useMemo(() => result.columns.map((c) => columnUnit(c.name, question)), [result.columns, question]);
  const most = useMemo(
    () => result.columns.map((_, k) => result.rows.reduce((m, r) => Math.max(m, typeof r[k] === 'number' ? Math.abs(r[k]) : 0), 0)),
    [result],
  );
  const sparks = useMemo(() => sparksOf(result, question), [result, question]);
  const rows = useMemo(() => sorted(result, sort, filter), [result, sort, filter]);
  const grouped = result.breakdowns > 0;
  const { scroll, from, to, style, onScroll, reveal } = useRowsInView(rows.length);
  const widest = useMemo(() => widestOf(rows, result.breakdowns), [rows, result.breakdowns]);
  const idOf = (row: Cell[]): string => groupId(row.slice(0, result.breakdowns));
  const at = useRowKeys({
    of: 'group',
    count: grouped ? rows.length : 0,
    list: `${filter} ${props.sort} ${result.start}`,
    columns: result.breakdowns,
    box,
    open: { about: 'what is different about the group', run: (i) => props.onBubble(idOf(rows[i]!)) },
    tick: (list) => props.onTick(list.map((i) => idOf(rows[i]!))),
    reveal: ({ row }) => reveal(row),
    copy: (i) => rows[i]!.map(cellText).join('\t'),
  });
  return (
    <section ref={box} className="panel results" aria-label="Results">
      {grouped && (
        <div className="results-head">
          <input
            className="input small"
            aria-label="Find in the results"
            placeholder="find a group"
            value={filter}
            onChange={(e) => setFilter(e.target.value)}
            onKeyDown={(e) => e.key === 'Escape' && setFilter('')}
          />
          <span className="muted">
            {filter ? `${rows.length} of ${result.rows.length}` : result.rows.length} {result.rows.length === 1 ? 'group' : 'groups'}
            {result.more && ', and more beyond the limit'}
          </span>
        </div>
      )}
      <div ref={scroll} className="results-scroll" onScroll={onScroll}>
        <div style={style}>
          <table aria-rowcount={rows.length + 1}>
            <thead>
              <tr>
                {grouped && (
                  <th className="mark">
                    <span className="sr">Pick for BubbleUp</span>
                  </th>
                )}
                {result.columns.map((c, k) => (
                  <th
                    key={c.name}
                    className={k < result.breakdowns ? '' : 'num'}
                    aria-sort={sort?.column === k ? (sort.desc ? 'descending' : 'ascending') : 'none'}
                  >
                    <button
                      type="button"
                      onClick={() => {
                        const desc = sort?.column !== k ? k >= result.breakdowns : !sort.desc;
                        props.onSort(`${desc ? '-' : ''}${c.name}`);
                      }}
                    >
                      {c.name}
                      {sort?.column === k ? (sort.desc ? ' ↓' : ' ↑') : ''}
                    </button>
                  </th>
                ))}
                {sparks && <th>{sparks.name} over time</th>}
              </tr>
              {style && (
                <tr className="results-widest" aria-hidden="true">
                  <td className="mark" />
                  {widest.map((text, k) => (
                    <td key={k} className="groupcell">
                      <span className="value">{text}</span>
                    </td>
                  ))}
                </tr>
              )}
            </thead>
            <tbody>
              {rows.slice(from, to).map((row, k) => {
                const id = idOf(row);
                const i = from + k;
                return (
                  <Row
                    key={id}
                    index={i}
                    id={id}
                    row={row}
                    result={result}
                    units={units}
                    most={most}
                    slot={slots.get(id) ?? 0}
                    spark={sparks?.values.get(id)}
                    hover={props.hover}
                    actions={props.actions}
                    ticked={ticked.has(id)}
                    focused={i === at.row ? at.column : undefined}
                    onTick={props.onTick}
                  />
                );
              })}
            </tbody>
            {result.totals && grouped && (
              <tfoot>
                <tr>
                  <td />
                  {result.columns.map((c, k) =>
                    k < result.breakdowns ? (
                      <td key={c.name} className="muted">
                        {k === 0 ? 'All groups' : ''}
                      </td>
                    ) : (
                      <td key={c.name} className="num muted">
                        {number(result.totals?.[c.name] ?? null, units[k]!)}
                      </td>
                    ),
                  )}
                  {sparks && <td />}
                </tr>
              </tfoot>
            )}
          </table>
        </div>
      </div>
    </section>
  );
}

interface RowProps {
  id: string;
  index: number;
  row: Cell[];
  result: Result;
  units: Unit[];
  most: number[];
  slot: number;
  spark: readonly (number | null)[] | undefined;
  hover: Hover;
  actions: ValueActions;
  ticked: boolean;
  /** The keys act on this row; on which of its columns. */
  focused: number | undefined;
  onTick: (ids: string[]) => void;
}

const Row = memo(function Row({ id, index, row, result, units, most, slot, spark, hover, actions, ticked, focused, onTick }: RowProps) {
  const on = useSyncExternalStore(
    hover.onGroup,
    useCallback(() => hover.group === id, [hover, id]),
  );
  const grouped = result.breakdowns > 0;
  return (
    <tr
      aria-rowindex={index + 2}
      data-hover={on || undefined}
      data-focused={focused === undefined ? undefined : ''}
      aria-selected={ticked || undefined}
      onPointerEnter={() => grouped && hover.set(undefined, id)}
      onPointerLeave={() => hover.set(undefined, undefined)}
    >
      {grouped && (
        <td className="mark">
          <label className="tickbox" title="Pick for BubbleUp">
            <input
              type="checkbox"
              checked={ticked}
              onChange={() => onTick([id])}
              aria-label={`Pick ${row.slice(0, result.breakdowns).map(cellText).join(', ')}`}
            />
            <span className="bar-mark" style={{ background: slot === 0 ? 'var(--line-control)' : `var(--s${slot})` }} />
          </label>
        </td>
      )}
      {row.map((v, k) =>
        k < result.breakdowns ? (
          <td key={k} className={focused === k && result.breakdowns > 1 ? 'groupcell at' : 'groupcell'}>
            <CellMenu field={result.columns[k]!.name} value={v} actions={actions} />
          </td>
        ) : (
          <td key={k} className="num barcell">
            {typeof v === 'number' && grouped && most[k]! > 0 && (
              <span className="databar" style={{ width: `${(Math.abs(v) / most[k]!) * 100}%` }} />
            )}
            <span title={v === null ? undefined : String(v)}>{number(v, units[k]!)}</span>
          </td>
        ),
      )}
      {spark && (
        <td className="sparkcell">
          <Spark values={spark} slot={slot} />
        </td>
      )}
    </tr>
  );
});

function Spark({ values, slot }: { values: readonly (number | null)[]; slot: number }): React.ReactElement {
  const draw = useCallback(
    (ctx: CanvasRenderingContext2D, theme: Theme) =>
      drawSpark(
        ctx,
        slot === 0 ? theme.text3 : theme.slots[slot]!,
        values.map((v) => v ?? 0),
        sparkWidth,
        16,
      ),
    [values, slot],
  );
  return <Canvas width={sparkWidth} height={16} label="Course" draw={draw} />;
}

const sparkWidth = 120;
const sparkPoints = 60;

function number(v: Cell, unit: Unit): string {
  if (v === null) return '–';
  return typeof v === 'number' ? valueLabel(v, unit) : String(v);
}

function columnUnit(name: string, q: Question): Unit {
  const calc = q.calcs.find((c) => calcKey(c) === name);
  return calc ? unitOf(calc.column, calc.op) : 'count';
}

/** The longest text of each group column: the columns stay as wide while rows come and go. */
function widestOf(rows: Cell[][], breakdowns: number): string[] {
  const out = Array<string>(breakdowns).fill('');
  for (const row of rows) {
    for (let k = 0; k < breakdowns; k++) {
      const text = cellText(row[k] ?? null);
      if (text.length > out[k]!.length) out[k] = text.slice(0, 300);
    }
  }
  return out;
}

/** The first calculation's course for each group, in few points. */
function sparksOf(result: Result, q: Question): { name: string; values: Map<string, (number | null)[]> } | undefined {
  const series = result.series;
  const calcs = q.calcs.length > 0 ? q.calcs : [{ op: 'COUNT' }];
  const first = calcs.find((c) => c.op !== 'HEATMAP');
  if (!series || !first || result.breakdowns === 0) return undefined;
  const name = calcKey(first);
  const every = Math.ceil(series.count / sparkPoints);
  const values = new Map<string, (number | null)[]>();
  for (const g of series.groups) {
    const all = g.values[name];
    if (!all) continue;
    const few: (number | null)[] = [];
    for (let i = 0; i < all.length; i += every)
      few.push(all.slice(i, i + every).reduce((m, v) => (v === null ? m : Math.max(m ?? 0, v)), null as number | null));
    values.set(groupId(g.key), few);
  }
  return values.size > 0 ? { name, values } : undefined;
}

/** Nothing where the result has no such column. */
function sortOf(text: string, result: Result): Sort | undefined {
  const desc = text.startsWith('-') && !result.columns.some((c) => c.name === text);
  const column = result.columns.findIndex((c) => c.name === (desc ? text.slice(1) : text));
  return text === '' || column < 0 ? undefined : { column, desc };
}

/** Rows as they are shown; text sorts as text, numbers as numbers, nothing last. */
function sorted(result: Result, sort: Sort | undefined, filter: string): Cell[][] {
  const needle = filter.toLowerCase();
  const rows = needle
    ? result.rows.filter((r) => r.slice(0, result.breakdowns).some((v) => cellText(v).toLowerCase().includes(needle)))
    : result.rows;
  if (!sort) return rows;
  const { column, desc } = sort;
  return [...rows].sort((a, b) => {
    const [x, y] = [a[column] ?? null, b[column] ?? null];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    const by = typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y));
    return desc ? -by : by;
  });
}
