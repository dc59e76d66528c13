import './charts.css';

import { useCallback, useMemo, useState } from 'react';

import type { RedSeries } from '../api/map';
import { usePrefs } from '../app/prefs';
import { clock, momentMs } from '../time/format';
import { tick } from './figures';
import { Canvas } from './Canvas';
import { Hover } from './hover';
import { drawAxes, drawLines, stack, xOf, type Frame, type Line } from './lines';
import { drawMarkers, type Marker } from './markers';
import { mixed } from './mixed';
import { scaleOf, valueLabel, type Unit } from './scale';
import type { Theme } from './theme';
import { useSize } from './useSize';

interface Shown {
  id: string;
  label: string;
  color: (t: Theme) => string;
  values: readonly (number | null)[];
}

interface Props {
  series: RedSeries;
  markers?: readonly Marker[];
  height?: number;
  /** Now in ms, to hatch what is not whole yet. */
  nowMs: number;
  onZoom: (fromNs: string, toNs: string) => void;
}

/** Rate, errors and duration over time, with one crosshair. Dragging zooms all. */
export function RedCharts({ series, markers = [], height = 112, nowMs, onZoom }: Props): React.ReactElement {
  const [hover] = useState(() => new Hover());
  const seconds = series.step / 1e9;
  const charts = useMemo(() => {
    const rate = (list: readonly number[]): number[] => list.map((n) => n / seconds);
    const ok = series.count.map((n, i) => n - series.errors[i]! - series.throttles[i]! - series.faults[i]!);
    const classes: Shown[] = [
      { id: 'fault', label: '5xx', color: (t) => t.error, values: rate(series.faults) },
      { id: 'throttle', label: '429', color: (t) => t.throttle, values: rate(series.throttles) },
      { id: 'error', label: '4xx', color: (t) => t.warn, values: rate(series.errors) },
      { id: 'ok', label: 'ok', color: (t) => mixed(t.accent, t.surface, 0.62), values: rate(ok) },
    ];
    const share = (list: readonly number[]): (number | null)[] =>
      list.map((n, i) => (series.count[i]! > 0 ? (100 * n) / series.count[i]! : null));
    const failing: Shown[] = [
      { id: 'fault', label: '5xx', color: (t) => t.error, values: share(series.faults) },
      { id: 'error', label: '4xx and 429', color: (t) => t.warn, values: share(series.errors.map((n, i) => n + series.throttles[i]!)) },
    ];
    const took: Shown[] = [
      { id: 'p50', label: 'p50', color: (t) => t.slots[7]!, values: series.p50_ms },
      { id: 'p95', label: 'p95', color: (t) => t.accent, values: series.p95_ms },
      { id: 'p99', label: 'p99', color: (t) => t.slots[9]!, values: series.p99_ms },
    ];
    return [
      { title: 'Requests', unit: 'count' as Unit, suffix: '/s', lines: classes, bars: true },
      { title: 'Errors', unit: 'count' as Unit, suffix: '\u2009%', lines: failing, bars: false },
      { title: 'Duration', unit: 'ms' as Unit, suffix: '', lines: took, bars: false },
    ];
  }, [series, seconds]);
  return (
    <div className="red-charts">
      {charts.map((c) => (
        <RedChart key={c.title} {...c} series={series} markers={markers} height={height} nowMs={nowMs} hover={hover} onZoom={onZoom} />
      ))}
    </div>
  );
}

interface ChartProps extends Required<Props> {
  title: string;
  unit: Unit;
  suffix: string;
  lines: Shown[];
  bars: boolean;
  hover: Hover;
}

function RedChart({ title, unit, suffix, lines, bars, series, markers, height, nowMs, hover, onZoom }: ChartProps): React.ReactElement {
  const { utc } = usePrefs();
  const [box, { width }] = useSize<HTMLDivElement>();
  const [drag, setDrag] = useState<[number, number]>();
  const [at, setAt] = useState<number>();
  const buckets = series.count.length;
  const total = Math.max(buckets * series.step, 1);
  const startMs = momentMs(series.base);
  const frame = useMemo(
    (): Frame => ({ left: 50, top: 8, width: Math.max(width - 54, 10), height: height - 28, total }),
    [width, height, total],
  );
  const label = useCallback((v: number): string => valueLabel(v, unit) + (v === 0 ? '' : suffix), [unit, suffix]);
  const scale = useMemo(() => {
    const all = bars
      ? stack(lines.map((l) => ({ id: l.id, color: '', values: l.values }))).flatMap((s) => s.map((x) => x.high))
      : lines.flatMap((l) => l.values.filter((v): v is number => v !== null));
    return scaleOf(
      0,
      all.reduce((a, b) => Math.max(a, b), 0),
      false,
      1,
    );
  }, [lines, bars]);
  const draw = useCallback(
    (ctx: CanvasRenderingContext2D, theme: Theme) => {
      ctx.clearRect(0, 0, width, height);
      drawAxes(ctx, theme, frame, scale, (v) => tick(valueLabel(v, unit)) + (v === 0 ? '' : suffix), startMs, utc);
      drawMarkers(ctx, theme, frame, markers);
      drawLines(ctx, theme, {
        frame,
        scale,
        offset: 0,
        step: series.step,
        lines: lines.map((l): Line => ({ id: l.id, color: l.color(theme), values: l.values })),
        draw: bars ? 'bars' : 'lines',
        partialFrom: Math.max(Math.floor(((nowMs - startMs) * 1e6) / series.step), 0),
        highlight: undefined,
      });
      if (hover.at === undefined) return;
      ctx.fillStyle = theme.text3;
      ctx.fillRect(Math.round(xOf(frame, hover.at)), frame.top, 1, frame.height);
    },
    [width, height, frame, scale, unit, suffix, startMs, utc, markers, series.step, lines, bars, nowMs, hover],
  );
  const place = (e: React.PointerEvent): number => e.clientX - e.currentTarget.getBoundingClientRect().left;
  const nsAt = (x: number): number => (Math.min(Math.max(x - frame.left, 0), frame.width) / frame.width) * total;
  const bucket = at === undefined ? -1 : Math.min(Math.floor(nsAt(at) / series.step), buckets - 1);
  const moment = (ns: number): string => String(BigInt(series.base) + BigInt(Math.round(ns)));
  const known = lines.map((l) => `${l.label} ${said(l.values, label)}`).join(', ');
  return (
    <section className="red-chart" aria-label={title}>
      <h3>{title}</h3>
      <div
        ref={box}
        className="red-area"
        onPointerDown={(e) => {
          if (e.button !== 0) return;
          e.currentTarget.setPointerCapture(e.pointerId);
          setDrag([place(e), place(e)]);
        }}
        onPointerMove={(e) => {
          const x = place(e);
          setAt(x);
          hover.set(nsAt(x), undefined);
          setDrag((d) => d && [d[0], x]);
        }}
        onPointerLeave={() => {
          setAt(undefined);
          hover.set(undefined, undefined);
        }}
        onPointerCancel={() => setDrag(undefined)}
        onPointerUp={() => {
          if (drag && Math.abs(drag[1] - drag[0]) > 4) onZoom(moment(nsAt(Math.min(...drag))), moment(nsAt(Math.max(...drag))));
          setDrag(undefined);
        }}
      >
        <Canvas width={width} height={height} label={`${title}: ${known}`} draw={draw} viewport={hover} />
        {drag && <div className="brush full" style={{ left: Math.min(...drag), width: Math.abs(drag[1] - drag[0]), bottom: 20 }} />}
        {bucket >= 0 && !drag && (
          <div className="tip" style={at! < width / 2 ? { left: at! + 14 } : { right: width - at! + 14 }}>
            <div className="muted">{clock(startMs + (bucket * series.step) / 1e6, utc)}</div>
            {lines.map((l) => (
              <div key={l.id} className="tip-row">
                <span className="grow">{l.label}</span>
                <span>{l.values[bucket] === null || l.values[bucket] === undefined ? '–' : label(l.values[bucket])}</span>
              </div>
            ))}
          </div>
        )}
      </div>
    </section>
  );
}

function said(values: readonly (number | null)[], label: (v: number) => string): string {
  const known = values.filter((v): v is number => v !== null);
  return known.length === 0 ? 'none' : `at most ${label(known.reduce((a, b) => Math.max(a, b), -Infinity))}`;
}
