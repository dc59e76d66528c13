import { useEffect, useMemo, useRef, useState } from 'react';

import { usePrefs } from '../../../app/prefs';
import { clock, count, day, momentMs } from '../../../time/format';
import { Menu } from '../../../widgets/Menu';
import { columnsShown, moved, window1 } from '../columns';
import { useEvents } from '../useEvents';
import type { ValueActions } from '../../../query/bubble/CellMenu';
import { EventPanel } from './EventPanel';
import { cellText } from '../../../query/cell';

interface Props {
  runKey: string;
  body: unknown;
  cols: readonly string[];
  onCols: (cols: string[]) => void;
  actions: ValueActions;
}

const rowHeight = 24;
const timeWidth = 112;
const columnWidth = 176;

/** Single events: only the rows and columns in view are there. A chosen one lies open beside. */
export function RawTab({ runKey, body, cols, onCols, actions }: Props): React.ReactElement {
  const { utc } = usePrefs();
  const [order, setOrder] = useState<'desc' | 'asc'>('desc');
  const events = useEvents(runKey, body, order);
  const [chosen, setChosen] = useState(-1);
  const [view, setView] = useState({ top: 0, left: 0, width: 1000, height: 480 });
  const [dragged, setDragged] = useState('');
  const box = useRef<HTMLDivElement>(null);
  const names = useMemo(() => columnsShown(cols, events.columns), [cols, events.columns]);
  useEffect(() => setChosen(-1), [runKey, order]);
  useEffect(() => {
    const e = box.current;
    if (!e) return;
    const watch = new ResizeObserver(() => setView((v) => ({ ...v, width: e.clientWidth, height: e.clientHeight })));
    watch.observe(e);
    return () => watch.disconnect();
  }, []);
  const rows = window1(events.list.length, rowHeight, view.top, view.height, 8);
  const columns = window1(names.length, columnWidth, Math.max(view.left - timeWidth, 0), view.width, 1);
  const { loadMore } = events;
  useEffect(() => {
    if (events.more && rows.to >= events.list.length - 20) loadMore();
  }, [rows.to, events.more, events.list.length, loadMore]);
  const shownNames = names.slice(columns.from, columns.to);
  const drop = (onto: string): void => {
    if (dragged && dragged !== onto) onCols(moved(names, dragged, onto));
    setDragged('');
  };
  const choose = (i: number): void => {
    setChosen(i);
    const e = box.current;
    if (!e || i < 0) return;
    const y = i * rowHeight;
    if (y < e.scrollTop) e.scrollTop = y;
    else if (y + 2 * rowHeight > e.scrollTop + e.clientHeight - rowHeight) e.scrollTop = y + 3 * rowHeight - e.clientHeight;
  };
  const event = events.list[chosen];
  return (
    <section className="panel raw" aria-label="Raw data">
      <div className="results-head">
        <button type="button" className="btn small" onClick={() => setOrder((o) => (o === 'desc' ? 'asc' : 'desc'))}>
          {order === 'desc' ? 'Newest first' : 'Oldest first'}
        </button>
        <Menu
          className="btn small"
          label="Columns"
          keepOpen
          items={[...events.columns].sort().map((c) => ({
            label: c,
            checked: names.includes(c),
            run: () => onCols(names.includes(c) ? names.filter((n) => n !== c) : [...names, c]),
          }))}
        />
        {cols.length > 0 && (
          <button type="button" className="btn small bare" onClick={() => onCols([])}>
            Usual columns
          </button>
        )}
        <span className="muted" role="status">
          {count(events.list.length)} events{events.more ? ', more as you scroll' : ''}
        </span>
      </div>
      {events.error && (
        <p className="note bad" role="alert">
          {events.error}
        </p>
      )}
      <div className="raw-body">
        {/* The rows are a grid that keys move in. */}
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
          onKeyDown={(e) => {
            const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 15, PageUp: -15 }[e.key];
            if (by !== undefined) choose(Math.min(Math.max(chosen + by, 0), events.list.length - 1));
            else if (e.key === 'Home') choose(0);
            else if (e.key === 'End') choose(events.list.length - 1);
            else if (e.key === 'Escape' && chosen >= 0) choose(-1);
            else return;
            e.preventDefault();
            e.stopPropagation();
          }}
        >
          <div className="raw-size" style={{ height: (events.list.length + 1) * rowHeight, width: timeWidth + names.length * columnWidth }}>
            <div className="raw-row raw-head" role="row" aria-rowindex={1}>
              <div className="raw-cell time" role="columnheader">
                Time
              </div>
              {shownNames.map((name, i) => (
                <div
                  key={name}
                  className={dragged === name ? 'raw-cell dragged' : 'raw-cell'}
                  role="columnheader"
                  aria-colindex={columns.from + i + 2}
                  draggable
                  tabIndex={0}
                  title={`${name}\ndrag to move the column, or Shift and an arrow`}
                  onKeyDown={(e) => {
                    const at = names.indexOf(name);
                    const onto = e.shiftKey ? names[e.key === 'ArrowLeft' ? at - 1 : e.key === 'ArrowRight' ? at + 1 : -1] : undefined;
                    if (onto === undefined) return;
                    e.preventDefault();
                    e.stopPropagation();
                    onCols(moved(names, name, onto));
                  }}
                  style={{ left: timeWidth + (columns.from + i) * columnWidth, width: columnWidth }}
                  onDragStart={() => setDragged(name)}
                  onDragOver={(e) => e.preventDefault()}
                  onDrop={() => drop(name)}
                  onDragEnd={() => setDragged('')}
                >
                  {name}
                </div>
              ))}
            </div>
            {events.list.slice(rows.from, rows.to).map((ev, k) => {
              const i = rows.from + k;
              const ms = momentMs(ev.base, ev.time);
              return (
                <div
                  key={i}
                  className="raw-row"
                  role="row"
                  aria-rowindex={i + 2}
                  aria-selected={i === chosen}
                  tabIndex={-1}
                  style={{ top: (i + 1) * rowHeight }}
                  onClick={() => choose(i)}
                  onKeyDown={(e) => e.key === 'Enter' && choose(i)}
                >
                  <div className="raw-cell time" role="gridcell" title={`${day(ms, utc)} · ${ev.dataset}`}>
                    {clock(ms, utc, true)}
                  </div>
                  {shownNames.map((name, c) => {
                    const v = ev.fields.get(name);
                    return (
                      <div
                        key={name}
                        className="raw-cell"
                        role="gridcell"
                        aria-colindex={columns.from + c + 2}
                        style={{ left: timeWidth + (columns.from + c) * columnWidth, width: columnWidth }}
                      >
                        {v === undefined ? <span className="absent">–</span> : cellText(v).slice(0, 300)}
                      </div>
                    );
                  })}
                </div>
              );
            })}
          </div>
          {events.list.length === 0 && !events.error && (
            <p className="empty muted">{events.loading ? 'Looking for events…' : 'No events here.'}</p>
          )}
        </div>
        {event && <EventPanel event={event} actions={actions} onClose={() => setChosen(-1)} />}
      </div>
    </section>
  );
}
