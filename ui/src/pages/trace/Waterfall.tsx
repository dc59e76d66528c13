import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';

import { criticalByRow, drawAxis, drawBars, rowHeight } from '../../charts/bars';
import { Canvas } from '../../charts/Canvas';
import type { TraceModel } from '../../charts/model';
import type { Rows } from '../../charts/rows';
import type { Theme } from '../../charts/theme';
import { useSize } from '../../charts/useSize';
import { pan, zoom, type Viewport } from '../../charts/viewport';
import { count, duration } from '../../time/format';
import { Splitter } from '../../widgets/Splitter';
import { AxisBrush } from './AxisBrush';
import { Hover } from './Hover';
import { MarkRow } from './MarkRow';
import { indentOf, NameRow } from './NameRow';

interface Props {
  trace: TraceModel;
  rows: Rows;
  viewport: Viewport;
  /** The row that is selected, -1 if it is not shown. */
  at: number;
  /** What the filters leave out. */
  leftOut: { spans: number; errors: number };
  matches: Uint8Array | undefined;
  showCritical: boolean;
  folded: ReadonlySet<number>;
  baseDepth: number;
  onSelect: (i: number) => void;
  onSelectMark: (mark: number) => void;
  onShowAll: () => void;
  onToggle: (row: number) => void;
}

/** Rows are made in blocks, so that scrolling renders only now and then. */
const block = 16;

/** Names as a list of rows, bars on one canvas beside it. One scroll moves both in the same frame. */
export function Waterfall(p: Props): React.ReactElement {
  const { trace, rows, viewport, at } = p;
  const scroller = useRef<HTMLDivElement>(null);
  const layer = useRef<HTMLDivElement>(null);
  const [body, { height }] = useSize<HTMLDivElement>();
  const [bars, { width }] = useSize<HTMLDivElement>();
  const [first, setFirst] = useState(0);

  useLayoutEffect(() => {
    const move = (): void => {
      if (layer.current) layer.current.style.transform = `translateY(${-viewport.scroll}px)`;
    };
    move();
    return viewport.onPaint(move);
  }, [viewport]);

  useEffect(() => {
    const e = scroller.current!;
    if (at < 0) return;
    const top = at * rowHeight;
    if (top < e.scrollTop) e.scrollTop = top;
    else if (top + rowHeight > e.scrollTop + e.clientHeight) e.scrollTop = top + rowHeight - e.clientHeight;
  }, [at]);

  // Zooming by wheel must keep the page from zooming, which React's passive listener can't.
  useEffect(() => {
    const e = bars.current!;
    const wheel = (ev: WheelEvent): void => {
      const w = viewport.window;
      if (ev.ctrlKey || ev.metaKey) {
        ev.preventDefault();
        const x = ev.clientX - e.getBoundingClientRect().left;
        viewport.setWindow(
          zoom(w, viewport.total, Math.exp(Math.max(Math.min(ev.deltaY, 100), -100) / 300), w.from + (x / e.clientWidth) * (w.to - w.from)),
        );
      } else if (Math.abs(ev.deltaX) > Math.abs(ev.deltaY)) {
        ev.preventDefault();
        viewport.setWindow(pan(w, viewport.total, ev.deltaX / e.clientWidth));
      }
    };
    e.addEventListener('wheel', wheel, { passive: false });
    return () => e.removeEventListener('wheel', wheel);
  }, [bars, viewport]);

  const critical = useMemo(() => (p.showCritical ? criticalByRow(trace, rows) : undefined), [trace, rows, p.showCritical]);
  const draw = useCallback(
    (ctx: CanvasRenderingContext2D, theme: Theme) =>
      drawBars(ctx, theme, {
        trace,
        rows,
        window: viewport.window,
        width,
        height,
        scroll: viewport.scroll,
        selected: at,
        matches: p.matches,
        critical,
        label: duration,
      }),
    [trace, rows, viewport, width, height, at, p.matches, critical],
  );
  const axis = useCallback(
    (ctx: CanvasRenderingContext2D, theme: Theme) => drawAxis(ctx, theme, viewport.window, width, duration),
    [viewport, width],
  );
  const rowAt = useCallback((y: number) => Math.floor((y + viewport.scroll) / rowHeight), [viewport]);

  const from = Math.max(first - block, 0);
  const to = Math.min(first + Math.ceil(height / rowHeight) + 2 * block, rows.count);
  const indent = indentOf(trace.deepest - p.baseDepth);
  const shown: React.ReactElement[] = [];
  for (let r = from; r < to; r++) {
    const i = rows.span[r]!;
    const level = i < 0 ? 0 : Math.max(trace.spans.depth[i]! - p.baseDepth, 0);
    if (rows.mark[r]! >= 0) {
      shown.push(
        <MarkRow
          key={`mark ${rows.mark[r]!}`}
          trace={trace}
          mark={rows.mark[r]!}
          index={r}
          level={i < 0 ? 0 : level + 1}
          indent={indent}
          selected={r === at}
          onSelect={p.onSelectMark}
        />,
      );
      continue;
    }
    shown.push(
      <NameRow
        key={i}
        trace={trace}
        span={i}
        times={rows.times[r]!}
        index={r}
        level={level}
        indent={indent}
        selected={r === at}
        folded={p.folded.has(i)}
        match={p.matches ? (p.matches[i] ? 'yes' : 'no') : 'none'}
        onSelect={p.onSelect}
        onToggle={p.onToggle}
      />,
    );
  }
  return (
    <div className="waterfall">
      <div className="wf-head">
        <div className="names clip">
          {rows.count === 1 ? '1 row' : `${rows.count} rows`}
          {p.leftOut.spans > 0 && (
            <>
              {' · '}
              {count(p.leftOut.spans)} {p.leftOut.spans === 1 ? 'span' : 'spans'} hidden
              {p.leftOut.errors > 0 && (
                <span className="error-text">
                  , {count(p.leftOut.errors)} {p.leftOut.errors === 1 ? 'error' : 'errors'}
                </span>
              )}{' '}
              <button type="button" className="link accent" onClick={p.onShowAll}>
                show all
              </button>
            </>
          )}
        </div>
        <AxisBrush viewport={viewport}>
          <Canvas width={width} height={24} label="Time axis" draw={axis} viewport={viewport} />
        </AxisBrush>
      </div>
      <div
        ref={scroller}
        className="wf-body"
        onScroll={(e) => {
          const top = e.currentTarget.scrollTop;
          viewport.setScroll(top);
          const next = Math.floor(top / rowHeight / block) * block;
          if (next !== first) setFirst(next);
        }}
      >
        <div style={{ height: rows.count * rowHeight }} className="wf-space">
          <div ref={body} className="wf-view">
            <div
              className="names"
              role="treegrid"
              aria-label="Spans"
              aria-rowcount={rows.count}
              tabIndex={0}
              aria-activedescendant={at >= from && at < to ? `row-${at}` : undefined}
            >
              <div ref={layer} role="rowgroup">
                {shown}
              </div>
            </div>
            <div ref={bars} className="bars">
              <Canvas
                width={width}
                height={height}
                label="Bars of the spans; the rows beside say the same in words"
                draw={draw}
                viewport={viewport}
              />
              <Hover
                trace={trace}
                rows={rows}
                viewport={viewport}
                width={width}
                rowAt={rowAt}
                onSelect={p.onSelect}
                onSelectMark={p.onSelectMark}
                onToggle={p.onToggle}
              />
            </div>
          </div>
        </div>
      </div>
      <Splitter label="Width of the names" variable="--names" fallback={38} least={15} most={75} />
    </div>
  );
}
