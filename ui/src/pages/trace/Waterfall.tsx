import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import type { Skeleton } from '../../api/types';
import { Canvas } from '../../charts/Canvas';
import { drawAxis, drawBars, rowHeight, type Theme } from '../../charts/draw';
import { useWidth } from '../../charts/useWidth';
import { clamp, flag, pan, zoom, type Row, type Window } from '../../charts/waterfall';
import { duration } from '../../time/format';

interface Props {
  trace: Skeleton; rows: Row[]; window: Window; slotOf: (service: number) => number; selected: number; matches: Uint8Array | undefined;
  showCritical: boolean; folded: ReadonlySet<number>;
  onSelect: (i: number) => void; onToggle: (row: Row) => void; onWindow: (w: Window) => void;
}

/** Names as a list of the rows in view, bars on one canvas beside it; both follow one scroll. */
export function Waterfall(p: Props): React.ReactElement {
  const { trace, rows, window: w, selected } = p;
  const total = Math.max(trace.duration, 1);
  const scroller = useRef<HTMLDivElement>(null);
  const [bars, width] = useWidth<HTMLDivElement>();
  const [scroll, setScroll] = useState(0);
  const [height, setHeight] = useState(400);
  useEffect(() => {
    const e = scroller.current!;
    const watch = new ResizeObserver(() => setHeight(e.clientHeight));
    watch.observe(e);
    return () => watch.disconnect();
  }, []);
  const at = rows.findIndex((r) => r.span === selected || r.repeats.includes(selected));
  useEffect(() => {
    const e = scroller.current!;
    if (at < 0) return;
    const top = at * rowHeight;
    if (top < e.scrollTop) e.scrollTop = top;
    else if (top + rowHeight > e.scrollTop + e.clientHeight) e.scrollTop = top + rowHeight - e.clientHeight;
  }, [at]);

  const critical = useMemo(() => {
    const out = new Map<number, [number, number][]>();
    const rowOf = new Map<number, number>();
    rows.forEach((r) => [r.span, ...r.repeats].forEach((s) => rowOf.set(s, r.span)));
    for (const [span, from, to] of trace.critical) {
      // A step of a span that is folded away shows on the row it is folded into.
      let s = span;
      while (s >= 0 && !rowOf.has(s)) s = trace.spans.parent[s]!;
      const row = s >= 0 ? rowOf.get(s)! : -1;
      if (row >= 0) out.set(row, [...(out.get(row) ?? []), [from, to]]);
    }
    return out;
  }, [trace, rows]);
  const marks = useMemo(() => {
    const out = new Map<number, number[]>();
    trace.annotations.span.forEach((s, a) => {
      if (s >= 0 && trace.annotations.kind[a] !== 2) out.set(s, [...(out.get(s) ?? []), a]);
    });
    return out;
  }, [trace]);

  const draw = useCallback(
    (ctx: CanvasRenderingContext2D, theme: Theme) =>
      drawBars(ctx, theme, {
        trace, rows, slotOf: p.slotOf, window: w, width, height, scroll, selected: rows[at]?.span ?? -1, critical, showCritical: p.showCritical,
        matches: p.matches, marks, label: duration,
      }),
    // slotOf changes with the trace only.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [trace, rows, w, width, height, scroll, at, critical, p.showCritical, p.matches, marks],
  );
  const axis = useCallback((ctx: CanvasRenderingContext2D, theme: Theme) => drawAxis(ctx, theme, w, width, duration), [w, width]);
  const brush = useRef<number>(undefined);
  const [brushed, setBrushed] = useState<[number, number]>();
  const timeAt = (x: number): number => w.from + (x / Math.max(width, 1)) * (w.to - w.from);

  const first = Math.max(Math.floor(scroll / rowHeight) - 5, 0);
  const shown = rows.slice(first, Math.ceil((scroll + height) / rowHeight) + 5);
  return (
    <div className="waterfall">
      <div className="wf-head">
        <div className="names muted">{rows.length} rows</div>
        <div
          className="bars axis"
          title="Drag to zoom, double-click for the whole trace"
          onPointerDown={(e) => {
            e.currentTarget.setPointerCapture(e.pointerId);
            brush.current = e.nativeEvent.offsetX;
          }}
          onPointerMove={(e) => {
            if (brush.current !== undefined) setBrushed([Math.min(brush.current, e.nativeEvent.offsetX), Math.max(brush.current, e.nativeEvent.offsetX)]);
          }}
          onPointerUp={() => {
            if (brushed && brushed[1] - brushed[0] > 4) p.onWindow(clamp({ from: timeAt(brushed[0]), to: timeAt(brushed[1]) }, total));
            brush.current = undefined;
            setBrushed(undefined);
          }}
          onDoubleClick={() => p.onWindow({ from: 0, to: total })}
        >
          <Canvas width={width} height={24} label="Time axis" draw={axis} />
          {brushed && <div className="brush" style={{ left: brushed[0], width: brushed[1] - brushed[0], top: 0, bottom: 0 }} />}
        </div>
      </div>
      <div
        ref={scroller}
        className="wf-body"
        onScroll={(e) => setScroll(e.currentTarget.scrollTop)}
        onWheel={(e) => {
          if (e.ctrlKey || e.metaKey) p.onWindow(zoom(w, total, e.deltaY > 0 ? 1.25 : 0.8, timeAt(e.nativeEvent.offsetX)));
          else if (e.deltaX !== 0) p.onWindow(pan(w, total, e.deltaX / Math.max(width, 1)));
        }}
      >
        <div style={{ height: rows.length * rowHeight, position: 'relative' }}>
          <div className="names" role="treegrid" aria-label="Spans" aria-rowcount={rows.length} tabIndex={0} style={{ position: 'absolute', top: first * rowHeight }}>
            {shown.map((r, k) => (
              <Name key={r.span} p={p} row={r} index={first + k} selected={first + k === at} />
            ))}
          </div>
          <div ref={bars} className="bars sticky" style={{ height }}>
            <Canvas width={width} height={height} label="Bars of the spans; the rows beside have the same as text" draw={draw} />
            {/* Clicks on bars do what clicks on names do; keys work on the names. */}
            <div
              className="hit"
              role="presentation"
              onClick={(e) => {
                const r = rows[Math.floor((e.nativeEvent.offsetY + scroll) / rowHeight)];
                if (r) p.onSelect(r.span);
              }}
            />
          </div>
        </div>
      </div>
    </div>
  );
}

function Name({ p, row, index, selected }: { p: Props; row: Row; index: number; selected: boolean }): React.ReactElement {
  const { trace } = p;
  const s = trace.spans;
  const i = row.span;
  const flags = s.flags[i]!;
  const service = trace.strings[s.service[i]!] ?? '';
  const placeholder = (flags & flag.placeholder) !== 0;
  const name = placeholder ? 'parent that never arrived' : trace.strings[s.name[i]!] || '(no name)';
  const children = s.descendants[i]! > 0;
  const open = children && !p.folded.has(i) && row.repeats.length === 0;
  const repeats = row.repeats.length;
  const sum = row.repeats.reduce((t, k) => t + s.duration[k]!, 0);
  const dim = p.matches && !p.matches[i];
  return (
    // Keys are handled for the whole page; the row is reached through the tree grid.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      role="row"
      tabIndex={-1}
      aria-rowindex={index + 1}
      aria-level={s.depth[i]! + 1}
      aria-expanded={children || repeats > 0 ? open : undefined}
      aria-selected={selected}
      aria-label={`${service}, ${name}, ${duration(s.duration[i]!)}${flags & flag.error ? ', error' : ''}${repeats > 0 ? `, ${repeats} times` : ''}`}
      className={`name${selected ? ' selected' : ''}${dim ? ' dim' : ''}${p.matches?.[i] ? ' match' : ''}`}
      style={{ paddingLeft: 8 + Math.min(s.depth[i]!, 24) * 14 }}
      onClick={() => p.onSelect(i)}
    >
      <span role="gridcell" className="row cell">
        {children || repeats > 0 ? (
          <button
            type="button"
            tabIndex={-1}
            className="twisty"
            aria-label={open ? 'Fold' : 'Unfold'}
            onClick={(e) => {
              e.stopPropagation();
              p.onToggle(row);
            }}
          >
            {open ? '▾' : '▸'}
          </button>
        ) : (
          <span className="twisty" />
        )}
        <span className="service" style={{ '--c': placeholder ? 'var(--line-control)' : `var(--s${p.slotOf(s.service[i]!)})` } as React.CSSProperties}>
          <span className="muted">{service}</span>
          <span className="clip">{name}</span>
        </span>
        {repeats > 0 && <span className="badge fold">× {repeats} · {duration(sum)}</span>}
        {!open && children && repeats === 0 && <span className="badge fold">+{s.descendants[i]}</span>}
        {s.http[i]! > 0 && <span className={s.http[i]! >= 400 ? 'badge' : 'badge quiet'}>{s.http[i]}</span>}
        {(flags & flag.error) !== 0 && <span className="mark" title="error">●</span>}
        {(flags & flag.error) === 0 && (flags & flag.errorBelow) !== 0 && <span className="mark" title="error below">○</span>}
        {(flags & flag.loop) !== 0 && <span className="badge warn">loop cut</span>}
        {(flags & flag.duplicate) !== 0 && <span className="badge warn">same id twice</span>}
      </span>
    </div>
  );
}
