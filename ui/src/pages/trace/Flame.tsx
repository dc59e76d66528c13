import { useCallback, useEffect, useMemo, useRef } from 'react';

import { drawAxis } from '../../charts/bars';
import { Canvas } from '../../charts/Canvas';
import { boxAt, drawFlame, heavyFlame, levelHeight, timeFlame } from '../../charts/flame';
import { nameOf, serviceOf, type TraceModel } from '../../charts/model';
import type { Theme } from '../../charts/theme';
import { useSize } from '../../charts/useSize';
import { zoom, type Viewport } from '../../charts/viewport';
import { digits, duration } from '../../time/format';
import { AxisBrush } from './AxisBrush';

interface Props {
  trace: TraceModel;
  viewport: Viewport;
  selected: number;
  matches: Uint8Array | undefined;
  /** By span, below 0 where the filters leave it out. */
  shown: Int32Array;
  heavy: boolean;
  onHeavy: (heavy: boolean) => void;
  onSelect: (i: number) => void;
}

/** Spans as boxes under their parents; the same zoom and selection as the waterfall. */
export function Flame({ trace, viewport, selected, matches, shown, heavy, onHeavy, onSelect }: Props): React.ReactElement {
  const layout = useMemo(() => (heavy ? heavyFlame(trace) : timeFlame(trace)), [trace, heavy]);
  const [body, { width, height }] = useSize<HTMLDivElement>();
  const tip = useRef<HTMLDivElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const titleOf = useCallback(
    (b: number) => {
      const i = layout.span[b]!;
      return `${nameOf(trace, i)}${layout.times[b]! > 1 ? ` × ${layout.times[b]}` : ''}`;
    },
    [trace, layout],
  );
  const draw = useCallback(
    (ctx: CanvasRenderingContext2D, theme: Theme) =>
      drawFlame(ctx, theme, {
        trace,
        layout,
        window: viewport.window,
        width,
        height,
        scroll: viewport.scroll,
        selected,
        matches,
        shown,
        title: titleOf,
      }),
    [trace, layout, viewport, width, height, selected, matches, shown, titleOf],
  );
  const share = useCallback((ns: number) => `${digits((100 * ns) / trace.total)}\u2009%`, [trace]);
  const axis = useCallback(
    (ctx: CanvasRenderingContext2D, theme: Theme) => drawAxis(ctx, theme, viewport.window, width, heavy ? share : duration),
    [viewport, width, heavy, share],
  );
  useEffect(() => {
    const e = body.current!;
    const wheel = (ev: WheelEvent): void => {
      if (!ev.ctrlKey && !ev.metaKey) return;
      ev.preventDefault();
      const w = viewport.window;
      const x = (ev.clientX - e.getBoundingClientRect().left) / e.clientWidth;
      viewport.setWindow(zoom(w, viewport.total, Math.exp(Math.max(Math.min(ev.deltaY, 100), -100) / 300), w.from + x * (w.to - w.from)));
    };
    e.addEventListener('wheel', wheel, { passive: false });
    return () => e.removeEventListener('wheel', wheel);
  }, [body, viewport]);
  useEffect(() => {
    viewport.setScroll(0);
    return () => viewport.setScroll(0);
  }, [viewport]);
  const hit = (e: React.MouseEvent): number => {
    const w = viewport.window;
    const { offsetX, offsetY } = e.nativeEvent;
    const ns = (w.to - w.from) / Math.max(width, 1);
    return boxAt(layout, Math.floor((offsetY + viewport.scroll) / levelHeight), w.from + offsetX * ns, ns);
  };
  const point = (e: React.PointerEvent): void => {
    const b = hit(e);
    const box = tip.current!;
    box.hidden = b < 0;
    if (b < 0) return;
    const i = layout.span[b]!;
    const lines = [
      `${serviceOf(trace, i)}  ${titleOf(b)}`,
      heavy
        ? `${share(layout.length[b]!)} of all own time`
        : `${duration(trace.spans.duration[i]!)}, of it ${duration(trace.spans.self[i]!)} its own`,
    ];
    box.replaceChildren(...lines.map((t) => Object.assign(document.createElement('div'), { textContent: t })));
    const x = e.nativeEvent.offsetX;
    box.style.transform = `translate(${Math.max(Math.min(x + 12, width - box.offsetWidth - 4), 0)}px, ${e.nativeEvent.offsetY + 18}px)`;
  };
  return (
    <div className="waterfall flame">
      <div className="wf-head">
        <AxisBrush viewport={viewport}>
          <Canvas width={width} height={24} label={heavy ? 'Axis of shares' : 'Time axis'} draw={axis} viewport={viewport} />
        </AxisBrush>
      </div>
      {/* eslint-disable jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keys */}
      <div
        ref={scroller}
        className="wf-body"
        role="region"
        aria-label="Flame"
        tabIndex={0}
        onScroll={(e) => viewport.setScroll(e.currentTarget.scrollTop)}
      >
        <div className="wf-space" style={{ height: layout.levels * levelHeight }}>
          <div ref={body} className="wf-view">
            <Canvas
              width={width}
              height={height}
              label={`Flame of ${layout.count} boxes in ${layout.levels} levels; the table view says the same in words`}
              draw={draw}
              viewport={viewport}
            />
            <div
              className="hit"
              role="presentation"
              onPointerMove={point}
              onPointerLeave={() => (tip.current!.hidden = true)}
              onClick={(e) => {
                const b = hit(e);
                if (b >= 0) onSelect(layout.span[b]!);
              }}
              onDoubleClick={(e) => {
                const b = hit(e);
                if (b >= 0) viewport.setWindow({ from: layout.start[b]!, to: layout.start[b]! + layout.length[b]! });
              }}
            />
            <div ref={tip} className="tip" aria-hidden="true" hidden />
          </div>
        </div>
      </div>
      <button
        type="button"
        className="btn small heavy"
        aria-pressed={heavy}
        onClick={() => onHeavy(!heavy)}
        title="Merge equal paths, the heaviest to the left"
      >
        Left heavy
      </button>
    </div>
  );
}
