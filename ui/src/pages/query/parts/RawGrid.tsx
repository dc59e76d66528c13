import { useEffect, useLayoutEffect, useRef, useState } from 'react';

import { linkTo } from '../../../app/location';
import { usePrefs } from '../../../app/prefs';
import { valueItems, type ValueActions } from '../../../query/bubble/CellMenu';
import { cellText, type Cell } from '../../../query/cell';
import { clock, day, momentMs } from '../../../time/format';
import { MenuList } from '../../../widgets/Menu';
import { moved, window1 } from '../columns';
import type { Events, RawEvent } from '../useEvents';
import { useRowKeys, type RowFocus } from '../useRowKeys';

interface Props {
  events: Events;
  /** Another list begins at its top. */
  list: string;
  names: readonly string[];
  onNames: (names: string[]) => void;
  /** The event that lies open. */
  open: string;
  onOpen: (e: RawEvent | undefined) => void;
  actions: ValueActions;
}

const rowHeight = 24;
const timeWidth = 136;
const columnWidth = 176;
const longest = 300;

/** Where the trace of an event is, opened at its span. */
export function traceOf(e: RawEvent): string | undefined {
  const [trace, span] = [e.fields.get('trace.trace_id'), e.fields.get('trace.span_id')];
  if (trace === undefined) return undefined;
  return `/trace/${encodeURIComponent(cellText(trace))}${span ? `?span=${encodeURIComponent(cellText(span))}` : ''}`;
}

export function jsonOfEvent(e: RawEvent): string {
  const time = String(BigInt(e.base) + BigInt(e.time));
  return JSON.stringify({ time, dataset: e.dataset, ...Object.fromEntries(e.fields) }, null, 2);
}

/** Events as rows: only the rows and columns in view are there. Every value has its menu. */
export function RawGrid({ events, list, names, onNames, open, onOpen, actions }: Props): React.ReactElement {
  const { utc } = usePrefs();
  const [view, setView] = useState({ top: 0, left: 0, width: 1000, height: 480 });
  const [dragged, setDragged] = useState('');
  const [menu, setMenu] = useState<{ field: string; value: Cell; anchor: HTMLElement }>();
  const box = useRef<HTMLDivElement>(null);
  const rows = window1(events.list.length, rowHeight, view.top, view.height, 8);
  const columns = window1(names.length, columnWidth, Math.max(view.left - timeWidth, 0), view.width, 1);
  const { loadMore } = events;
  useEffect(() => {
    if (events.more && rows.to >= events.list.length - 20) loadMore();
  }, [rows.to, events.more, events.list.length, loadMore]);
  useLayoutEffect(() => {
    const e = box.current!;
    const watch = new ResizeObserver(() => setView((v) => ({ ...v, width: e.clientWidth, height: e.clientHeight })));
    watch.observe(e);
    return () => watch.disconnect();
  }, []);
  const reveal = ({ row, column }: RowFocus): void => {
    const e = box.current!;
    const [y, x] = [row * rowHeight, timeWidth + column * columnWidth];
    if (y < e.scrollTop) e.scrollTop = y;
    else if (y + 3 * rowHeight > e.scrollTop + e.clientHeight) e.scrollTop = y + 3 * rowHeight - e.clientHeight;
    if (x - timeWidth < e.scrollLeft) e.scrollLeft = x - timeWidth;
    else if (x + columnWidth > e.scrollLeft + e.clientWidth) e.scrollLeft = x + columnWidth - e.clientWidth;
    // An open event follows the row that has the keys.
    const event = events.list[row];
    if (open && event) onOpen(event);
  };
  const offer = (row: number, column: number): void => {
    const name = names[column];
    const anchor = box.current?.querySelector<HTMLElement>(`[data-cell="${row} ${column}"]`);
    if (name !== undefined && anchor) setMenu({ field: name, value: events.list[row]?.fields.get(name) ?? null, anchor });
  };
  const at = useRowKeys({
    of: 'event',
    count: events.list.length,
    list,
    columns: names.length,
    box,
    open: { about: 'all fields of the event, beside', run: (i) => onOpen(events.list[i]!.id === open ? undefined : events.list[i]) },
    newTab: (i) => {
      const to = traceOf(events.list[i]!);
      if (to) window.open(linkTo(to).href, '_blank', 'noopener');
    },
    menu: ({ row, column }) => offer(row, column),
    reveal,
    copy: (i) => jsonOfEvent(events.list[i]!),
  });
  const press = (e: React.MouseEvent, i: number): void => {
    const [, column] = (e.target as HTMLElement).closest<HTMLElement>('[data-cell]')?.dataset.cell?.split(' ') ?? [];
    const event = events.list[i]!;
    if (column === undefined) return onOpen(event.id !== '' && event.id === open ? undefined : event);
    const field = names[Number(column)]!;
    const value = event.fields.get(field) ?? null;
    if (!e.altKey) return offer(i, Number(column));
    if (value === null) actions.filter(field, e.shiftKey ? 'exists' : 'does-not-exist', null);
    else actions.filter(field, e.shiftKey ? '!=' : '=', value);
  };
  return (
    <div
      ref={box}
      className="raw-scroll"
      role="grid"
      aria-label="Events"
      aria-rowcount={events.list.length + 1}
      aria-colcount={names.length + 1}
      tabIndex={0}
      onScroll={(e) => {
        const { scrollTop, scrollLeft } = e.currentTarget;
        setView((v) => ({ ...v, top: scrollTop, left: scrollLeft }));
      }}
    >
      <div className="raw-size" style={{ height: (events.list.length + 1) * rowHeight, width: timeWidth + names.length * columnWidth }}>
        <div className="raw-row raw-head" role="row" aria-rowindex={1}>
          <div className="raw-cell time" role="columnheader">
            Time
          </div>
          {names.slice(columns.from, columns.to).map((name, i) => (
            <div
              key={name}
              className={dragged === name ? 'raw-cell dragged' : 'raw-cell'}
              role="columnheader"
              aria-colindex={columns.from + i + 2}
              draggable
              tabIndex={0}
              title={`${name}\ndrag to move the column, or Shift and an arrow`}
              onKeyDown={(e) => {
                const from = names.indexOf(name);
                const onto = e.shiftKey ? names[e.key === 'ArrowLeft' ? from - 1 : e.key === 'ArrowRight' ? from + 1 : -1] : undefined;
                if (onto === undefined) return;
                e.preventDefault();
                e.stopPropagation();
                onNames(moved(names, name, onto));
              }}
              style={{ left: timeWidth + (columns.from + i) * columnWidth, width: columnWidth }}
              onDragStart={() => setDragged(name)}
              onDragOver={(e) => e.preventDefault()}
              onDrop={() => {
                if (dragged && dragged !== name) onNames(moved(names, dragged, name));
                setDragged('');
              }}
              onDragEnd={() => setDragged('')}
            >
              {name}
            </div>
          ))}
        </div>
        {events.list.slice(rows.from, rows.to).map((ev, k) => (
          <Row
            key={rows.from + k}
            {...{ ev, i: rows.from + k, names, columns, utc, press }}
            open={ev.id !== '' && ev.id === open}
            focused={rows.from + k === at.row ? at.column : undefined}
          />
        ))}
      </div>
      {events.list.length === 0 && !events.error && (
        <p className="empty muted">{events.loading ? 'Looking for events…' : 'No events here.'}</p>
      )}
      {menu && (
        <MenuList
          key={`${menu.field} ${menu.anchor.dataset.cell}`}
          anchor={{ current: menu.anchor }}
          name={`${menu.field}: ${cellText(menu.value).slice(0, 80)}`}
          items={valueItems(menu.field, menu.value, actions)}
          keepOpen={false}
          onClose={(back) => {
            setMenu(undefined);
            if (back) box.current?.focus({ preventScroll: true });
          }}
        />
      )}
    </div>
  );
}

interface RowProps {
  ev: RawEvent;
  i: number;
  names: readonly string[];
  columns: { from: number; to: number };
  utc: boolean;
  open: boolean;
  focused: number | undefined;
  press: (e: React.MouseEvent, i: number) => void;
}

function Row({ ev, i, names, columns, utc, open, focused, press }: RowProps): React.ReactElement {
  const ms = momentMs(ev.base, ev.time);
  const trace = traceOf(ev);
  return (
    // The grid's keys open a row and the menus of its values.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      className="raw-row"
      role="row"
      aria-rowindex={i + 2}
      aria-selected={open}
      data-focused={focused === undefined ? undefined : ''}
      style={{ top: (i + 1) * rowHeight }}
      onClick={(e) => press(e, i)}
    >
      <div className="raw-cell time" role="gridcell" title={`${day(ms, utc)} · ${ev.dataset}`}>
        {clock(ms, utc, true)}
        {trace && (
          <a
            className="raw-trace"
            aria-label="Trace"
            title="Open its trace at this span"
            {...linkTo(trace)}
            tabIndex={-1}
            onClickCapture={(e) => e.stopPropagation()}
          >
            ↗
          </a>
        )}
      </div>
      {names.slice(columns.from, columns.to).map((name, c) => {
        const v = ev.fields.get(name);
        const column = columns.from + c;
        return (
          <div
            key={name}
            className={focused === column ? 'raw-cell at' : 'raw-cell'}
            dir="auto"
            role="gridcell"
            aria-colindex={column + 2}
            style={{ left: timeWidth + column * columnWidth, width: columnWidth }}
          >
            <span data-cell={`${i} ${column}`} className={v === undefined ? 'raw-value absent' : 'raw-value'}>
              {v === undefined ? '–' : v === '' ? '(empty)' : cellText(v).slice(0, longest)}
            </span>
          </div>
        );
      })}
    </div>
  );
}
