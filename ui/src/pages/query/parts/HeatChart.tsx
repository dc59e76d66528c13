import { useCallback, useMemo, useState } from 'react';

import { usePrefs } from '../../../app/prefs';
import { Canvas } from '../../../charts/Canvas';
import {
  blockOf,
  blockWithin,
  boundsOf,
  boxOf,
  cellAt,
  countIn,
  drawHeatmap,
  edgeAt,
  mergeColumns,
  type Block,
  type Bounds,
  type Grid,
} from '../../../charts/heatmap';
import type { Hover } from '../../../charts/hover';
import { drawAxes, type Frame } from '../../../charts/lines';
import { valueAt, valueLabel, type Unit, type YScale } from '../../../charts/scale';
import { drawMarkers, markersAt, type Marker } from '../../../charts/markers';
import type { Theme } from '../../../charts/theme';
import { useSize } from '../../../charts/useSize';
import { clock, count } from '../../../time/format';

interface Props {
  title: string;
  unit: Unit;
  grid: Grid;
  /** The group under the pointer, in the same grid. */
  group: Grid | undefined;
  scale: YScale;
  startMs: number;
  total: number;
  hover: Hover;
  markers: readonly Marker[];
  picked: Bounds[];
  /** All rectangles that are picked now; none clears. */
  onPick: (list: Bounds[]) => void;
  /** BubbleUp of what is picked. */
  onBubble: () => void;
  /** A trace in the cell under the keyboard. */
  onExample: (b: Bounds) => void;
  /** A cell was clicked, at a place on the screen. */
  onPoint: (b: Bounds, x: number, y: number) => void;
}

const height = 240;
/** Room at the right for the distribution. */
export const side = 64;
const narrowest = 4;

interface Drag {
  anchor: { t: number; b: number };
  now: { t: number; b: number };
  keep: Block[];
  moved: boolean;
  /** An edge that is dragged moves in one direction only. */
  axis: 'both' | 'x' | 'y';
}

/** A distribution over time. Dragging picks cells, Shift adds; arrow keys do the same. */
export function HeatChart(props: Props): React.ReactElement {
  const { scale, startMs, total, hover, unit, picked, onPick, markers } = props;
  const { utc } = usePrefs();
  const [area, { width }] = useSize<HTMLDivElement>();
  const [drag, setDrag] = useState<Drag>();
  const [cell, setCell] = useState<{ t: number; b: number; x: number; y: number }>();
  const [cursor, setCursor] = useState<Block>();
  const [corner, setCorner] = useState<{ t: number; b: number }>();
  const frame: Frame = useMemo(
    () => ({ left: 58, top: 8, width: Math.max(width - 58 - side, 10), height: height - 30, total }),
    [width, total],
  );
  const grid = useMemo(() => mergeColumns(props.grid, Math.min(160, frame.width / narrowest)), [props.grid, frame.width]);
  const group = useMemo(() => props.group && mergeColumns(props.group, Math.min(160, frame.width / narrowest)), [props.group, frame.width]);
  const blocks = useMemo(
    () => picked.map((p) => blockWithin(grid, scale, p)).filter((k): k is Block => k !== undefined),
    [picked, grid, scale],
  );
  const shown = useMemo(() => (drag?.moved ? [...drag.keep, blockOf(drag.anchor, drag.now)] : blocks), [drag, blocks]);
  const draw = useCallback(
    (ctx: CanvasRenderingContext2D, theme: Theme) => {
      ctx.clearRect(0, 0, width, height);
      const column = hover.at === undefined ? undefined : Math.floor((hover.at - grid.offset) / grid.step);
      drawHeatmap(ctx, theme, {
        frame,
        grid,
        group,
        picked: shown,
        cursor,
        side,
        column: column !== undefined && column >= 0 && column < grid.count ? column : undefined,
      });
      drawAxes(ctx, theme, frame, scale, (v) => valueLabel(v, unit), startMs, utc, false);
      drawMarkers(ctx, theme, frame, markers);
      if (hover.at === undefined) return;
      ctx.fillStyle = theme.text3;
      ctx.fillRect(Math.round(frame.left + (hover.at / total) * frame.width), frame.top, 1, frame.height);
    },
    [width, frame, grid, group, shown, cursor, hover, scale, unit, startMs, utc, total, markers],
  );
  const at = (e: React.PointerEvent): { x: number; y: number } => {
    const r = e.currentTarget.getBoundingClientRect();
    return { x: e.clientX - r.left, y: e.clientY - r.top };
  };
  const pick = (list: Block[]): void => onPick(list.map((k) => boundsOf(grid, scale, k)));
  const countAt = (t: number, b: number): number => grid.counts[t * grid.bins + b] ?? 0;
  const most = useMemo(() => grid.counts.reduce((a, b) => Math.max(a, b), 0), [grid]);
  const events = useMemo(() => grid.counts.reduce((a, b) => a + b, 0), [grid]);
  const inPicked = shown.length > 0 ? countIn(grid, shown) : 0;

  const down = (e: React.PointerEvent): void => {
    if (e.button !== 0) return;
    const { x, y } = at(e);
    e.currentTarget.setPointerCapture(e.pointerId);
    const here = cellAt(frame, grid, x, y);
    const edged = blocks.findIndex((k) => edgeAt(boxOf(frame, grid, k), x, y));
    const k = blocks[edged];
    if (k && !e.shiftKey) {
      const edge = edgeAt(boxOf(frame, grid, k), x, y)!;
      const vertical = edge.top || edge.bottom;
      setDrag({
        anchor: { t: edge.left ? k.t1 : k.t0, b: edge.bottom ? k.b1 : k.b0 },
        now: { t: edge.left ? k.t0 : k.t1, b: edge.bottom ? k.b0 : k.b1 },
        keep: blocks.filter((_, i) => i !== edged),
        moved: true,
        axis: vertical && (edge.left || edge.right) ? 'both' : vertical ? 'y' : 'x',
      });
      return;
    }
    setDrag({ anchor: here, now: here, keep: e.shiftKey ? blocks : [], moved: false, axis: 'both' });
  };
  const move = (e: React.PointerEvent): void => {
    const { x, y } = at(e);
    const here = cellAt(frame, grid, x, y);
    hover.set(Math.min(Math.max(((x - frame.left) / frame.width) * total, 0), total), undefined);
    setCell({ ...here, x, y });
    if (!drag) return;
    const now = { t: drag.axis === 'y' ? drag.now.t : here.t, b: drag.axis === 'x' ? drag.now.b : here.b };
    setDrag({ ...drag, now, moved: drag.moved || now.t !== drag.anchor.t || now.b !== drag.anchor.b });
  };
  const up = (e: React.PointerEvent): void => {
    if (drag?.moved) pick([...drag.keep, blockOf(drag.anchor, drag.now)]);
    else if (drag && blocks.length > 0 && drag.keep.length === 0) onPick([]);
    else if (drag && blocks.length === 0) props.onPoint(boundsOf(grid, scale, blockOf(drag.anchor, drag.anchor)), e.clientX, e.clientY);
    setDrag(undefined);
  };
  const key = (e: React.KeyboardEvent): void => {
    const by: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const d = by[e.key];
    if (d) {
      const from = corner ?? { t: Math.floor(grid.count / 2), b: Math.floor(grid.bins / 2) };
      const to = { t: Math.min(Math.max(from.t + d[0], 0), grid.count - 1), b: Math.min(Math.max(from.b + d[1], 0), grid.bins - 1) };
      const anchor = e.shiftKey && cursor ? (corner && cursor ? opposite(cursor, corner) : to) : to;
      setCorner(to);
      setCursor(blockOf(anchor, to));
    } else if (e.key === 'Enter' && cursor) pick([cursor]);
    else if (e.key === ' ' && cursor) props.onExample(boundsOf(grid, scale, cursor));
    else if (e.key === 'Escape' && (cursor || blocks.length > 0)) {
      if (cursor) {
        setCursor(undefined);
        setCorner(undefined);
      } else onPick([]);
    } else return;
    e.preventDefault();
    e.stopPropagation();
  };
  // The lowest row holds all that is below, the highest all that is above.
  const range = (b: number, b2 = b): string => {
    const [low, high] = [valueLabel(valueAt(b / grid.bins, scale), unit), valueLabel(valueAt((b2 + 1) / grid.bins, scale), unit)];
    if (b === 0) return b2 === grid.bins - 1 ? 'all values' : `up to ${high}`;
    return b2 === grid.bins - 1 ? `${low} and more` : `${low} to ${high}`;
  };
  const time = (t: number): string => clock(startMs + (grid.offset + t * grid.step) / 1e6, utc);
  const spoken = cursor
    ? `${time(cursor.t0)} to ${time(cursor.t1 + 1)}, ${range(cursor.b0, cursor.b1)}: ${countIn(grid, [cursor])} events`
    : '';
  return (
    <section className="panel chart wide" aria-label={props.title}>
      <div className="chart-head">
        <h2 className="clip">{props.title}</h2>
        <span className="grow" />
        {shown.length > 0 && (
          <>
            <span className="picked-count">
              ≈{'\u2009'}
              {count(inPicked)} picked
            </span>
            {!drag && (
              <>
                <button type="button" className="btn small" onClick={props.onBubble} title="What is different about them (b)">
                  BubbleUp
                </button>
                <button type="button" className="btn small bare" onClick={() => onPick([])} title="Esc">
                  Clear
                </button>
              </>
            )}
          </>
        )}
        {shown.length === 0 && <span className="muted">drag to pick what to explain</span>}
        <Legend most={most} />
      </div>
      {/* The chart is a control: dragging and keys pick cells. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={area}
        className="chart-area"
        role="application"
        aria-label={`${props.title} over time; arrow keys move a cell, Shift grows it, Enter picks it`}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerCancel={() => setDrag(undefined)}
        onPointerLeave={() => {
          hover.set(undefined, undefined);
          setCell(undefined);
        }}
        onKeyDown={key}
        onBlur={() => setCursor(undefined)}
      >
        <Canvas
          width={width}
          height={height}
          label={`Heatmap of ${count(events)} events${events > 0 ? `, from ${valueLabel(scale.min, unit)} to ${valueLabel(scale.max, unit)}` : ''}`}
          draw={draw}
          viewport={hover}
        />
        <span className="sr" role="status">
          {spoken}
        </span>
        {cell && !drag && cell.x >= frame.left && cell.x <= frame.left + frame.width && (
          <div
            className="tip"
            style={{
              ...(cell.x < width / 2 ? { left: cell.x + 14 } : { right: width - cell.x + 14 }),
              top: Math.min(cell.y + 12, height - 64),
            }}
          >
            <div className="tip-row on">
              {count(countAt(cell.t, cell.b))} {countAt(cell.t, cell.b) === 1 ? 'event' : 'events'}
            </div>
            <div className="muted">
              {time(cell.t)} to {time(cell.t + 1)}
            </div>
            <div className="muted">{range(cell.b)}</div>
            {markersAt(frame, markers, cell.x).map((m) => (
              <div key={m.id}>{m.label}</div>
            ))}
          </div>
        )}
      </div>
    </section>
  );
}

/** The corner of a block across from another. */
function opposite(k: Block, c: { t: number; b: number }): { t: number; b: number } {
  return { t: c.t === k.t0 ? k.t1 : k.t0, b: c.b === k.b0 ? k.b1 : k.b0 };
}

/** What the shades mean; they grow with the logarithm of the count. */
function Legend({ most }: { most: number }): React.ReactElement {
  if (most === 0) return <></>;
  return (
    <span className="legend muted">
      1
      <span className="legend-ramp" aria-hidden="true" />
      {count(most)}
    </span>
  );
}
