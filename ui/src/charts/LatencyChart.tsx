import './charts.css';

import { useCallback, useState } from 'react';

import type { Latency } from '../api/types';
import { usePrefs } from '../app/prefs';
import { clock, count, duration, momentMs } from '../time/format';
import { Canvas } from './Canvas';
import { drawHeat } from './draw';
import type { Frame } from './lines';
import { drawMarkers, markersAt, type Marker } from './markers';
import { timeMarks } from './scale';
import type { Theme } from './theme';
import { useSize } from './useSize';

interface Props {
  title: string;
  /** What is counted. */
  of: string;
  data: Omit<Latency, 'errors'> | undefined;
  /** Deploys and the like; times in ns from the base of the data. */
  markers?: readonly Marker[];
  onPick: (fromNs: string, toNs: string, minMs: number, maxMs: number) => void;
}

const height = 120;
const none: Marker[] = [];

/** Where the markers stand; their flags need a little room above. */
const markedFrame = (width: number, d: { count: number; step: number }): Frame => ({
  left: 0,
  top: 6,
  width,
  height: height - 6,
  total: Math.max(d.count * d.step, 1),
});

/** Durations over time. Dragging a rectangle narrows time and duration to it. */
export function LatencyChart({ title, of, data, markers = none, onPick }: Props): React.ReactElement {
  const [box, { width }] = useSize<HTMLDivElement>();
  const { utc } = usePrefs();
  const [drag, setDrag] = useState<{ x: number; y: number; x2: number; y2: number }>();
  const [hover, setHover] = useState<{ x: number; y: number }>();
  const draw = useCallback(
    (ctx: CanvasRenderingContext2D, theme: Theme) => {
      if (!data) return;
      drawHeat(ctx, theme, { counts: data.counts, count: data.count, bins: data.bins, width, height });
      drawMarkers(ctx, theme, markedFrame(width, data), markers);
    },
    [data, width, markers],
  );
  const valueAt = (y: number): number => data!.min_ms * (data!.max_ms / data!.min_ms) ** (1 - Math.min(Math.max(y / height, 0), 1));
  const timeAt = (x: number): bigint =>
    BigInt(data!.base) + BigInt(Math.round(Math.min(Math.max(x / width, 0), 1) * data!.count * data!.step));
  const place = (e: React.PointerEvent): { x: number; y: number } => {
    const r = e.currentTarget.getBoundingClientRect();
    return { x: e.clientX - r.left, y: e.clientY - r.top };
  };
  const has = data && data.max_ms > 0;
  const baseMs = data ? momentMs(data.base) : 0;
  const lengthMs = data ? Math.max((data.count * data.step) / 1e6, 1) : 1;
  const total = data ? data.counts.reduce((a, b) => a + b, 0) : 0;
  const at =
    hover && has
      ? { t: Math.floor((hover.x / width) * data.count), b: Math.min(Math.floor((1 - hover.y / height) * data.bins), data.bins - 1) }
      : undefined;
  const cell = at ? (data!.counts[at.t * data!.bins + at.b] ?? 0) : 0;
  const marked = hover && data ? markersAt(markedFrame(width, data), markers, hover.x).map((m) => ` · ${m.label}`) : [];
  return (
    <section className="panel latency" aria-label="Latency">
      <div className="row">
        <h2 className="grow">{title}</h2>
        <span className="muted">
          {at && has
            ? `${clock(momentMs(data.base, at.t * data.step), utc)} · ${duration(valueAt(hover!.y) * 1e6)} · ${count(cell)}${marked.join('')}`
            : 'drag to narrow time and duration'}
        </span>
      </div>
      <div className="plot">
        <div className="yaxis muted" aria-hidden="true">
          <span>{has ? duration(data.max_ms * 1e6) : ''}</span>
          <span>{has ? duration(Math.sqrt(data.min_ms * data.max_ms) * 1e6) : ''}</span>
          <span>{has ? duration(data.min_ms * 1e6) : ''}</span>
        </div>
        <div
          ref={box}
          className="area"
          onPointerDown={(e) => {
            if (!has) return;
            e.currentTarget.setPointerCapture(e.pointerId);
            const p = place(e);
            setDrag({ ...p, x2: p.x, y2: p.y });
          }}
          onPointerMove={(e) => {
            const p = place(e);
            setHover(p);
            setDrag((d) => d && { ...d, x2: p.x, y2: p.y });
          }}
          onPointerLeave={() => setHover(undefined)}
          onPointerUp={() => {
            if (drag && Math.abs(drag.x2 - drag.x) > 4) {
              const [x, x2] = [Math.min(drag.x, drag.x2), Math.max(drag.x, drag.x2)];
              const [y, y2] = [Math.min(drag.y, drag.y2), Math.max(drag.y, drag.y2)];
              const whole = y2 - y < 8;
              onPick(String(timeAt(x)), String(timeAt(x2)), whole || y2 >= height - 2 ? 0 : valueAt(y2), whole || y <= 2 ? 0 : valueAt(y));
            }
            setDrag(undefined);
          }}
        >
          <Canvas
            width={width}
            height={height}
            label={
              has
                ? `Heatmap of ${count(total)} ${of} between ${duration(data.min_ms * 1e6)} and ${duration(data.max_ms * 1e6)}`
                : `No ${of}`
            }
            draw={draw}
          />
          {drag && (
            <div
              className="brush"
              style={{
                left: Math.min(drag.x, drag.x2),
                top: Math.min(drag.y, drag.y2),
                width: Math.abs(drag.x2 - drag.x),
                height: Math.abs(drag.y2 - drag.y),
              }}
            />
          )}
          <div className="xaxis muted" aria-hidden="true">
            {has &&
              timeMarks(baseMs, baseMs + lengthMs * 0.96, width, utc).map((m) => (
                <span key={m.at} style={{ left: `${(100 * (m.at - baseMs)) / lengthMs}%` }}>
                  {m.label}
                </span>
              ))}
          </div>
        </div>
      </div>
    </section>
  );
}
