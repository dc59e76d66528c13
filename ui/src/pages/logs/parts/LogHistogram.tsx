import { useCallback, useMemo, useState } from 'react';

import { usePrefs } from '../../../app/prefs';
import { Canvas } from '../../../charts/Canvas';
import { drawAxes, drawLines, xOf, type Frame, type Line, type LinesInput } from '../../../charts/lines';
import { drawMarkers, markersAt, type Marker } from '../../../charts/markers';
import { mixed } from '../../../charts/mixed';
import { scaleOf, valueLabel } from '../../../charts/scale';
import type { Theme } from '../../../charts/theme';
import { clock, count, day } from '../../../time/format';
import type { Asked, Histogram } from '../data';
import { lineLevel, lineLevels, type LineLevel } from '../lines';

interface Props {
  width: number;
  fromMs: number;
  toMs: number;
  asked: Asked<Histogram>;
  /** Levels that are shown; none are all. */
  levels: readonly LineLevel[];
  /** Deploys and the like, in ns from the start. */
  markers: readonly Marker[];
  /** What is picked for BubbleUp, ms. */
  picked: readonly (readonly [number, number])[];
  /** The time that the lines in view are of; drawn without a render. */
  view: { at: [number, number] | undefined; onPaint: (paint: () => void) => () => void };
  onZoom: (fromMs: number, toMs: number) => void;
  onPick: (fromMs: number, toMs: number) => void;
  onJump: (ms: number) => void;
}

const height = 104;
const frameOf = (width: number, total: number): Frame => ({
  left: 44,
  top: 6,
  width: Math.max(width - 44 - 8, 10),
  height: height - 6 - 22,
  total,
});

/** Buckets by level, the worst at the bottom so that it always stands on the ground. */
function byLevel(h: Histogram | undefined, shown: readonly LineLevel[]): { level: LineLevel; values: number[] }[] {
  if (!h) return [];
  return lineLevels
    .filter((l) => shown.length === 0 || shown.includes(l))
    .flatMap((level) => {
      const same = h.levels.filter((g) => lineLevel(g.level) === level);
      if (same.length === 0) return [];
      return [{ level, values: Array.from({ length: h.count }, (_, i) => same.reduce((sum, g) => sum + (g.values[i] ?? 0), 0)) }];
    });
}

function colorOf(theme: Theme, level: LineLevel): string {
  if (level === 'none') return theme.line;
  // The usual is quiet, so that red and yellow mean something.
  return level === 'info' ? mixed(theme.accent, theme.surface, 0.62) : theme.levels[level]!;
}

/** Lines over time by level. Dragging zooms, with Shift it picks for BubbleUp; a click goes to the lines of that time. */
export function LogHistogram(props: Props): React.ReactElement {
  const { width, fromMs, toMs, asked, levels, markers, picked, view } = props;
  const { utc } = usePrefs();
  const h = asked.data;
  const [drag, setDrag] = useState<{ x: number; x2: number; shift: boolean }>();
  const [hover, setHover] = useState<number>();
  const total = Math.max(toMs - fromMs, 1);
  const frame = useMemo(() => frameOf(width, total), [width, total]);
  const stacks = useMemo(() => byLevel(h, levels), [h, levels]);
  const most = useMemo(
    () =>
      h
        ? Array.from({ length: h.count }, (_, i) => stacks.reduce((sum, s) => sum + s.values[i]!, 0)).reduce((a, b) => Math.max(a, b), 0)
        : 0,
    [h, stacks],
  );
  const bucketAt = (x: number): number => (h ? Math.floor((((x - frame.left) / frame.width) * total + fromMs - h.start) / h.step) : -1);
  const timeAt = (x: number): number => fromMs + (Math.min(Math.max(x - frame.left, 0), frame.width) / frame.width) * total;
  const placeOf = (ms: number): number => frame.left + ((ms - fromMs) / total) * frame.width;
  const paint = useCallback(
    (ctx: CanvasRenderingContext2D, theme: Theme) => {
      const scale = scaleOf(0, most, false, 1);
      // The charts count in ns; here ms are as good, if all are.
      const ns = { ...frame, total: total * 1e6 };
      drawAxes(ctx, theme, ns, scale, (v) => (h ? valueLabel(v, 'count') : ''), fromMs, utc);
      if (h) {
        const lines: Line[] = stacks.map((s) => ({ id: s.level, color: colorOf(theme, s.level), values: s.values }));
        const input: LinesInput = {
          frame: ns,
          scale,
          offset: (h.start - fromMs) * 1e6,
          step: h.step * 1e6,
          lines,
          draw: 'bars',
          partialFrom: Math.floor((h.resultEndMs - h.start) / h.step),
          highlight: undefined,
        };
        ctx.globalAlpha = 1;
        drawLines(ctx, theme, input);
      }
      drawMarkers(ctx, theme, ns, markers);
      if (asked.running && asked.share > 0 && asked.share < 1) {
        // What was not looked at yet is hatched.
        const x = frame.left + frame.width * asked.share;
        ctx.fillStyle = theme.hatch as CanvasPattern;
        ctx.fillRect(x, frame.top, frame.left + frame.width - x, frame.height);
      }
      if (view.at) {
        const [a, b] = view.at.map((t) => xOf(ns, (t - fromMs) * 1e6)) as [number, number];
        ctx.fillStyle = theme.text;
        ctx.fillRect(Math.max(Math.min(a, b), frame.left), frame.top + frame.height + 1, Math.max(Math.abs(b - a), 2), 2);
      }
    },
    [frame, total, fromMs, utc, h, stacks, most, asked.running, asked.share, view, markers],
  );
  const place = (e: React.PointerEvent): number => e.clientX - e.currentTarget.getBoundingClientRect().left;
  const bucket = hover === undefined ? -1 : bucketAt(hover);
  const inside = h !== undefined && bucket >= 0 && bucket < h.count && hover! >= frame.left;
  const sum = stacks.reduce((n, s) => n + s.values.reduce((a, b) => a + b, 0), 0);
  return (
    <section className="loghist" aria-label="Lines over time">
      <div
        className={asked.running && h ? 'loghist-area stale' : 'loghist-area'}
        role="application"
        aria-label="Lines over time: drag to zoom, Shift and drag to compare, click to go there"
        onPointerDown={(e) => {
          if (e.button !== 0) return;
          e.currentTarget.setPointerCapture(e.pointerId);
          const x = place(e);
          setDrag({ x, x2: x, shift: e.shiftKey });
        }}
        onPointerMove={(e) => {
          const x = place(e);
          setHover(x);
          setDrag((d) => d && { ...d, x2: x });
        }}
        onPointerLeave={() => setHover(undefined)}
        onPointerCancel={() => setDrag(undefined)}
        onPointerUp={(e) => {
          const d = drag;
          setDrag(undefined);
          if (!d) return;
          const x = place(e);
          if (Math.abs(x - d.x) > 4) {
            const [from, to] = [timeAt(Math.min(d.x, x)), timeAt(Math.max(d.x, x))];
            (d.shift ? props.onPick : props.onZoom)(from, to);
          } else if (h && inside) props.onJump(h.start + bucket * h.step);
        }}
      >
        <Canvas width={width} height={height} label={`${count(sum)} lines over time by level`} draw={paint} viewport={view} />
        {picked.map(([a, b]) => (
          <div
            key={`${a} ${b}`}
            className="brush"
            style={{ left: placeOf(a), width: Math.max(placeOf(b) - placeOf(a), 2), top: frame.top, height: frame.height }}
          />
        ))}
        {drag && Math.abs(drag.x2 - drag.x) > 4 && (
          <div
            className="brush"
            style={{ left: Math.min(drag.x, drag.x2), width: Math.abs(drag.x2 - drag.x), top: frame.top, height: frame.height }}
          >
            <span>{drag.shift ? 'BubbleUp' : 'Zoom'}</span>
          </div>
        )}
        {inside && !drag && (
          <>
            <div className="loghist-cursor" style={{ left: hover, top: frame.top, height: frame.height }} />
            <div className="tip" style={hover! < width / 2 ? { left: hover! + 14 } : { right: width - hover! + 14 }}>
              <div className="muted">
                {day(fromMs, utc) === day(toMs, utc) ? '' : `${day(h.start + bucket * h.step, utc)} `}
                {clock(h.start + bucket * h.step, utc)} · {durationWords(h.step)}
              </div>
              {markersAt({ ...frame, total: total * 1e6 }, markers, hover!).map((m) => (
                <div key={m.id} className="tip-note">
                  {m.label}
                </div>
              ))}
              {stacks
                .filter((s) => s.values[bucket]! > 0)
                .map((s) => (
                  <div key={s.level} className="tip-row">
                    <span className={`bar-mark lvbg-${s.level}`} />
                    <span className="grow">{s.level === 'none' ? 'no level' : s.level}</span>
                    <span>{count(s.values[bucket]!)}</span>
                  </div>
                ))}
              {stacks.every((s) => s.values[bucket] === 0) && <div className="muted">no lines</div>}
            </div>
          </>
        )}
      </div>
    </section>
  );
}

function durationWords(ms: number): string {
  const s = ms / 1000;
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${s / 60} min`;
  return s < 86400 ? `${s / 3600} h` : `${s / 86400} d`;
}
