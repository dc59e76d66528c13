import { useCallback, useMemo, useRef, useState } from 'react';

import { usePrefs } from '../../../app/prefs';
import { Canvas } from '../../../charts/Canvas';
import type { Hover } from '../../../charts/hover';
import { drawAxes, drawLines, nearest, stack, xOf, yOf, type Frame, type Line, type LinesInput } from '../../../charts/lines';
import { scaleOf, valueLabel, type Unit } from '../../../charts/scale';
import { drawMarkers, markersAt, type Marker } from '../../../charts/markers';
import type { Theme } from '../../../charts/theme';
import { useSize } from '../../../charts/useSize';
import { clock, day } from '../../../time/format';
import type { Drawing } from '../url';
import { ChartTip } from './ChartTip';
import { side } from './HeatChart';

/** A group over time. Slot 0 is grey. */
export interface GroupLine {
  id: string;
  label: string;
  slot: number;
  values: readonly (number | null)[];
}

/** A place on a chart that was clicked. */
export interface Point {
  /** The group; undefined where none has a value. */
  id: string | undefined;
  bucket: number;
  x: number;
  y: number;
}

interface Props {
  title: string;
  unit: Unit;
  groups: GroupLine[];
  earlier: GroupLine[];
  /** Start of the first bucket in ns from the start of what is shown. */
  offset: number;
  step: number;
  startMs: number;
  total: number;
  /** Now, in ns from the start: later buckets are not whole. */
  nowNs: number;
  draw: Drawing;
  log: boolean;
  hover: Hover;
  markers: readonly Marker[];
  /** Room at the right, as much as a heatmap beside its own keeps. */
  right: number;
  onZoom: (from: number, to: number) => void;
  onPickTime: (from: number, to: number) => void;
  onPoint: (p: Point) => void;
}

const chartHeight = 176;
const chartFrame = (width: number, height: number, total: number, right: number): Frame => ({
  left: 58,
  top: 8,
  width: Math.max(width - 58 - right, 10),
  height: height - 8 - 22,
  total,
});

/** One calculation over time. Dragging zooms, with Shift it picks for BubbleUp; arrows move the crosshair. */
export function LineChart(props: Props): React.ReactElement {
  const { groups, earlier, offset, step, startMs, total, nowNs, draw, log, hover, unit, markers } = props;
  const { utc } = usePrefs();
  const [box, { width }] = useSize<HTMLDivElement>();
  const [drag, setDrag] = useState<{ x: number; x2: number; shift: boolean }>();
  const [tip, setTip] = useState<{ x: number; bucket: number; id: string | undefined }>();
  const frame = useMemo(() => chartFrame(width, chartHeight, total, props.right), [width, total, props.right]);
  const scale = useMemo(() => scaleFor(groups, earlier, draw, log), [groups, earlier, draw, log]);
  const buckets = groups[0]?.values.length ?? 0;
  const partialFrom = Math.max(Math.floor((nowNs - offset) / step), 0);
  const input = useCallback(
    (theme: Theme | undefined, highlight: string | undefined): LinesInput => {
      const color = (slot: number): string => (theme ? (slot === 0 ? theme.line : theme.slots[slot]!) : '');
      const lines: Line[] = groups.map((g) => ({ id: g.id, color: color(g.slot), values: g.values }));
      if (draw === 'lines') lines.push(...earlier.map((g) => ({ id: g.id, color: color(g.slot), values: g.values, dashed: true })));
      return { frame, scale, offset, step, lines, draw, partialFrom, highlight };
    },
    [groups, earlier, frame, scale, offset, step, draw, partialFrom],
  );
  const paint = useCallback(
    (ctx: CanvasRenderingContext2D, theme: Theme) => {
      ctx.clearRect(0, 0, width, chartHeight);
      drawAxes(ctx, theme, frame, scale, (v) => valueLabel(v, unit), startMs, utc);
      drawMarkers(ctx, theme, frame, markers);
      drawLines(ctx, theme, input(theme, hover.group));
      if (hover.at === undefined) return;
      const bucket = Math.floor((hover.at - offset) / step);
      const x = Math.round(xOf(frame, offset + (bucket + 0.5) * step));
      if (x < frame.left || x > frame.left + frame.width) return;
      ctx.fillStyle = theme.text3;
      ctx.fillRect(x, frame.top, 1, frame.height);
      const g = groups.find((l) => l.id === hover.group);
      const v = g?.values[bucket] ?? null;
      if (!g || v === null || draw !== 'lines') return;
      ctx.fillStyle = g.slot === 0 ? theme.text3 : theme.slots[g.slot]!;
      ctx.beginPath();
      ctx.arc(x + 0.5, yOf(frame, scale, v), 3.5, 0, 7);
      ctx.fill();
    },
    [width, frame, scale, unit, startMs, utc, input, hover, offset, step, groups, draw, markers],
  );
  const place = (e: React.PointerEvent): { x: number; y: number } => {
    const r = e.currentTarget.getBoundingClientRect();
    return { x: e.clientX - r.left, y: e.clientY - r.top };
  };
  const nsAt = (x: number): number => (Math.min(Math.max(x - frame.left, 0), frame.width) / frame.width) * total;
  const near = (x: number, y: number): { id: string; bucket: number; distance: number } | undefined =>
    nearest(input(undefined, undefined), x, y);
  const leave = (): void => {
    setTip(undefined);
    hover.set(undefined, undefined);
  };
  const lastTip = useRef('');
  const show = (x: number, bucket: number, id: string | undefined): void => {
    const key = `${bucket} ${id}`;
    if (key === lastTip.current && tip) return;
    lastTip.current = key;
    setTip({ x, bucket, id });
  };
  const step1 = (by: number): void => {
    const bucket = Math.min(Math.max((tip?.bucket ?? (by > 0 ? -1 : buckets)) + by, 0), buckets - 1);
    const ns = offset + (bucket + 0.5) * step;
    hover.set(ns, tip?.id ?? groups[0]?.id);
    show(xOf(frame, ns), bucket, tip?.id ?? groups[0]?.id);
  };
  const last = groups.length === 1 ? lastWhole(groups[0]!.values, partialFrom) : null;
  return (
    <section className={props.right === side ? 'panel chart wide' : 'panel chart'} aria-label={props.title}>
      <div className="chart-head">
        <h2 className="clip">{props.title}</h2>
        <span className="grow" />
        {last !== null && <span className="num">{valueLabel(last, unit)}</span>}
      </div>
      {/* The chart is a control: keys move its crosshair. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={box}
        className="chart-area"
        role="application"
        aria-label={`${props.title} over time; arrow keys move the crosshair`}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onPointerDown={(e) => {
          if (e.button !== 0 || buckets === 0) return;
          e.currentTarget.setPointerCapture(e.pointerId);
          const { x } = place(e);
          setDrag({ x, x2: x, shift: e.shiftKey });
        }}
        onPointerMove={(e) => {
          const { x, y } = place(e);
          if (drag) setDrag({ ...drag, x2: x });
          const n = near(x, y);
          const id = n && (n.distance < 40 || draw !== 'lines') ? n.id : undefined;
          hover.set(nsAt(x), id);
          if (n && x >= frame.left) show(x, n.bucket, id);
          else setTip(undefined);
        }}
        onPointerLeave={leave}
        onPointerUp={(e) => {
          const { x, y } = place(e);
          const d = drag;
          setDrag(undefined);
          if (!d) return;
          if (Math.abs(x - d.x) > 4) {
            const [from, to] = [nsAt(Math.min(d.x, x)), nsAt(Math.max(d.x, x))];
            (d.shift ? props.onPickTime : props.onZoom)(from, to);
            return;
          }
          const bucket = Math.floor((nsAt(x) - offset) / step);
          if (x >= frame.left && bucket >= 0 && bucket < buckets) props.onPoint({ id: near(x, y)?.id, bucket, x: e.clientX, y: e.clientY });
        }}
        onPointerCancel={() => setDrag(undefined)}
        onKeyDown={(e) => {
          if (e.key === 'ArrowLeft' || e.key === 'ArrowRight') step1(e.key === 'ArrowLeft' ? -1 : 1);
          else if (e.key === 'Escape' && tip) leave();
          else if (e.key === 'Enter' && tip) {
            const g = groups.find((l) => l.id === (tip.id ?? groups[0]?.id));
            const some = (g?.values[tip.bucket] ?? null) !== null;
            const r = e.currentTarget.getBoundingClientRect();
            props.onPoint({ id: some ? g?.id : undefined, bucket: tip.bucket, x: r.left + tip.x, y: r.top + chartHeight / 2 });
          } else return;
          e.preventDefault();
          e.stopPropagation();
        }}
        onBlur={leave}
      >
        <Canvas width={width} height={chartHeight} label={summary(props)} draw={paint} viewport={hover} />
        {drag && Math.abs(drag.x2 - drag.x) > 4 && (
          <div
            className="brush"
            style={{ left: Math.min(drag.x, drag.x2), width: Math.abs(drag.x2 - drag.x), top: frame.top, height: frame.height }}
          >
            <span>{drag.shift ? 'BubbleUp' : 'Zoom'}</span>
          </div>
        )}
        {tip && !drag && (
          <ChartTip
            x={tip.x}
            width={width}
            title={`${day(startMs, utc) === day(startMs + total / 1e6, utc) ? '' : day(startMs + (offset + tip.bucket * step) / 1e6, utc) + ' '}${clock(startMs + (offset + tip.bucket * step) / 1e6, utc)}`}
            rows={groups.map((g, i) => ({
              id: g.id,
              label: g.label,
              slot: g.slot,
              value: g.values[tip.bucket] ?? null,
              earlier: earlier[i] ? (earlier[i].values[tip.bucket] ?? null) : undefined,
            }))}
            unit={unit}
            chosen={tip.id}
            notes={markersAt(frame, markers, tip.x).map((m) => m.label)}
          />
        )}
      </div>
    </section>
  );
}

function scaleFor(groups: GroupLine[], earlier: GroupLine[], draw: Drawing, log: boolean): ReturnType<typeof scaleOf> {
  let [min, max, smallest] = [Infinity, -Infinity, Infinity];
  let whole = true;
  const see = (v: number | null): void => {
    if (v === null) return;
    min = Math.min(min, v);
    max = Math.max(max, v);
    if (v > 0) smallest = Math.min(smallest, v);
    whole &&= Number.isInteger(v);
  };
  for (const g of draw === 'lines' ? [...groups, ...earlier] : groups) g.values.forEach(see);
  if (draw !== 'lines')
    for (const layer of stack(groups.map((g) => ({ id: g.id, color: '', values: g.values })))) layer.forEach((v) => see(v.high));
  if (max === -Infinity) return scaleOf(0, 1, false, 1);
  return { ...scaleOf(min, max, log && draw === 'lines', smallest), whole };
}

function lastWhole(values: readonly (number | null)[], partialFrom: number): number | null {
  for (let i = Math.min(values.length, partialFrom) - 1; i >= 0; i--) if (values[i] !== null) return values[i]!;
  return null;
}

/** What the chart says, for those who can't see it. */
function summary({ title, groups, unit }: Props): string {
  const first = groups[0];
  const known = first?.values.filter((v): v is number => v !== null) ?? [];
  if (!first || known.length === 0) return `${title}: no values`;
  const most = known.reduce((a, b) => Math.max(a, b), -Infinity);
  const of = groups.length > 1 ? ` for ${first.label}, and ${groups.length - 1} more groups` : '';
  return `${title}: ${valueLabel(known.at(-1)!, unit)} at the end, at most ${valueLabel(most, unit)}${of}`;
}
