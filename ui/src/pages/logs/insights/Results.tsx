import { useEffect, useMemo, useRef } from 'react';

import { VirtualList, type ListHandle } from '../../../widgets/VirtualList';
import { shownColumns, type Column } from './answer';

interface Props {
  columns: Column[];
  rows: (string | null)[][];
  /** What a comparison says of each row. */
  marks?: ('both' | 'new' | 'gone')[];
  chosen: number;
  onChoose: (row: number) => void;
}

const rowHeight = 24;
const longest = 500;

/** Columns of short texts only stand side by side, so that the eye need not cross the page. */
const growsFrom = 240;

/** How much room columns get, and all of them at least, in pixels; the message takes what is left. */
function widthsOf(
  columns: readonly { column: Column; at: number }[],
  rows: readonly (string | null)[][],
): { template: string; least: number } {
  const sample = rows.slice(0, 100);
  const wide = columns.map(({ column, at }) => {
    const most = sample.reduce((n, r) => Math.max(n, Math.min(r[at]?.length ?? 0, 80)), column.name.length + 1);
    return Math.min(Math.max(most * 7.3 + 24, 72), 460);
  });
  // Whatever holds the longest texts grows.
  const grows = wide.indexOf(Math.max(...wide));
  const least = wide.reduce((n, w) => n + Math.round(w), 0);
  if ((wide[grows] ?? 0) < growsFrom) return { template: [...wide.map((w) => `${Math.round(w)}px`), '1fr'].join(' '), least };
  return { template: wide.map((w, i) => (i === grows ? `minmax(${Math.round(w)}px, 1fr)` : `${Math.round(w)}px`)).join(' '), least };
}

/** Rows of an answer; only those in view are there. A click opens one beside. */
export function Results({ columns, rows, marks, chosen, onChoose }: Props): React.ReactElement {
  const list = useRef<ListHandle>(null);
  const shown = useMemo(() => shownColumns(columns), [columns]);
  const { template, least } = useMemo(() => widthsOf(shown, rows), [shown, rows]);
  const version = useRef({ rows, n: 0 });
  if (version.current.rows !== rows) version.current = { rows, n: version.current.n + 1 };
  const change = { version: version.current.n, before: 0, after: 0, fresh: true };
  useEffect(() => {
    if (chosen >= 0) list.current?.reveal(chosen);
  }, [chosen]);
  // Every row is as wide as the head, whatever it holds, or the columns would not stand in line.
  const style = { gridTemplateColumns: `${marks ? '48px ' : ''}${template}`, minWidth: `max(100%, ${least + (marks ? 48 : 0)}px)` };
  const numeric = (c: Column): string => (c.type === 'number' ? 'ir-cell num' : 'ir-cell');
  const go = (to: number): void => onChoose(Math.min(Math.max(to, 0), rows.length - 1));
  return (
    <div className="ir">
      <VirtualList
        count={rows.length}
        change={change}
        rowHeight={rowHeight}
        measured={false}
        look={template}
        keyOf={String}
        handle={list}
        className="ir-list"
        headerHeight={28}
        attributes={{
          role: 'grid',
          'aria-label': 'Rows',
          'aria-rowcount': rows.length + 1,
          'aria-colcount': shown.length,
          tabIndex: 0,
          onKeyDown: (e) => {
            const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 20, PageUp: -20 }[e.key];
            if (by !== undefined) go(chosen + by);
            else if (e.key === 'Home') go(0);
            else if (e.key === 'End') go(rows.length - 1);
            else if (e.key === 'Escape' && chosen >= 0) onChoose(-1);
            else return;
            e.preventDefault();
            e.stopPropagation();
          },
        }}
        header={
          <div className="ir-row ir-head" role="row" aria-rowindex={1} style={style}>
            {marks && (
              <div className="ir-cell" role="columnheader">
                <span className="sr">Change</span>
              </div>
            )}
            {shown.map(({ column, at }) => (
              <div key={at} className={numeric(column)} role="columnheader" title={column.name}>
                {column.name}
              </div>
            ))}
          </div>
        }
        render={(i) => (
          // The grid as a whole has the keys, and says which row is open.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
          <div
            className="ir-row"
            role="row"
            aria-rowindex={i + 2}
            aria-selected={i === chosen}
            style={style}
            onClick={() => onChoose(i === chosen ? -1 : i)}
          >
            {marks && (
              <div className="ir-cell muted" role="gridcell">
                {marks[i] === 'new' ? 'new' : marks[i] === 'gone' ? 'gone' : ''}
              </div>
            )}
            {shown.map(({ column, at }) => {
              const v = rows[i]?.[at] ?? null;
              return (
                <div key={at} className={numeric(column)} role="gridcell">
                  {v === null ? <span className="absent">–</span> : v.length > longest ? `${v.slice(0, longest)}…` : v}
                </div>
              );
            })}
          </div>
        )}
      />
    </div>
  );
}
