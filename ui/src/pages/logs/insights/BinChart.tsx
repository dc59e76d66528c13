import { useCallback, useMemo, useState } from 'react';

import { usePrefs } from '../../../app/prefs';
import { Canvas } from '../../../charts/Canvas';
import { levels, type Level } from '../../../charts/level';
import { drawAxes, drawLines, nearest, stack, type Frame, type LinesInput } from '../../../charts/lines';
import { drawMarkers, markersAt } from '../../../charts/markers';
import { scaleOf, valueLabel } from '../../../charts/scale';
import type { Theme } from '../../../charts/theme';
import { useSize } from '../../../charts/useSize';
import { unitOf } from '../../../query/cell';
import { useMarkers } from '../../../query/useMarkers';
import { clock, day } from '../../../time/format';
import type { Chart } from './answer';

export type Drawing = 'lines' | 'bars' | 'stacked';

interface Props {
  chart: Chart;
  draw: Drawing;
  /** Slot of a colour for each line, by its label. */
  slotOf: (label: string, rank: number) => number;
}

const height = 168;

/** The level that a group is of, where all groups are levels of lines. */
function levelsOf(chart: Chart): (Level | undefined)[] {
  const of = chart.lines.map((l) => levels.find((v) => v === (known[l.label.toLowerCase()] ?? l.label.toLowerCase())));
  const none = chart.lines.map((l) => l.label === '(none)');
  if (!of.every((l, i) => l !== undefined || none[i]) || of.every((l) => l === undefined)) return of.map(() => undefined);
  // Lines without a level are as faint as those that say least.
  return of.includes('trace') ? of : of.map((l) => l ?? 'trace');
}

const known: Readonly<Record<string, string>> = { warning: 'warn', err: 'error', critical: 'fatal', notice: 'info' };

const levelColors: Readonly<Record<Level, string>> = {
  fatal: '--fatal',
  error: '--error-mark',
  warn: '--warn',
  info: '--accent',
  debug: '--text-3',
  trace: '--line-control',
};

/** A number over time, for each group. */
export function BinChart({ chart, draw, slotOf }: Props): React.ReactElement {
  const { utc } = usePrefs();
  const [box, { width }] = useSize<HTMLDivElement>();
  const [tip, setTip] = useState<{ x: number; bucket: number; id: string | undefined }>();
  const buckets = chart.lines[0]?.values.length ?? 0;
  const unit = unitOf(/\(([\w.@]+)/.exec(chart.measure)?.[1] ?? chart.measure);
  const frame: Frame = useMemo(
    () => ({ left: 58, top: 8, width: Math.max(width - 66, 10), height: height - 30, total: Math.max(buckets, 1) * chart.stepMs * 1e6 }),
    [width, buckets, chart.stepMs],
  );
  const scale = useMemo(() => {
    const values = chart.lines.flatMap((l) => l.values.filter((v): v is number => v !== null));
    const tops =
      draw === 'lines' ? values : stack(chart.lines.map((l) => ({ ...l, color: '' }))).flatMap((layer) => layer.map((v) => v.high));
    return scaleOf(
      values.reduce((a, b) => Math.min(a, b), 0),
      tops.reduce((a, b) => Math.max(a, b), 0) || 1,
      false,
      1,
    );
  }, [chart, draw]);
  const level = useMemo(() => levelsOf(chart), [chart]);
  const markers = useMarkers(`${Math.round(chart.startMs)}000000`);
  const colorOf = (i: number): string => `var(${level[i] ? levelColors[level[i]] : `--s${slotOf(chart.lines[i]!.label, i)}`})`;
  const input = useCallback(
    (theme: Theme | undefined, highlight: string | undefined): LinesInput => ({
      frame,
      scale,
      offset: 0,
      step: chart.stepMs * 1e6,
      lines: chart.lines.map((l, i) => ({
        id: l.id,
        color: (level[i] ? theme?.levels[level[i]] : theme?.slots[slotOf(l.label, i)]) ?? '',
        values: l.values,
      })),
      draw,
      partialFrom: buckets,
      highlight,
    }),
    [frame, scale, chart, draw, buckets, slotOf, level],
  );
  const highlight = chart.lines.length > 1 ? tip?.id : undefined;
  const paint = useCallback(
    (ctx: CanvasRenderingContext2D, theme: Theme) => {
      ctx.clearRect(0, 0, width, height);
      drawAxes(ctx, theme, frame, scale, (v) => valueLabel(v, unit), chart.startMs, utc);
      drawMarkers(ctx, theme, frame, markers);
      drawLines(ctx, theme, input(theme, highlight));
    },
    [width, frame, scale, unit, chart.startMs, utc, input, highlight, markers],
  );
  const at = (bucket: number): string => {
    const ms = chart.startMs + bucket * chart.stepMs;
    return `${day(ms, utc)} ${clock(ms, utc)}`;
  };
  const rows = tip
    ? chart.lines
        .map((l, i) => ({ ...l, color: colorOf(i), value: l.values[tip.bucket] ?? null }))
        .filter((l) => l.value !== null)
        .sort((a, b) => b.value! - a.value!)
    : [];
  const most = chart.lines.flatMap((l) => l.values).reduce<number>((a, b) => Math.max(a, b ?? 0), 0);
  return (
    <section className="panel chart bin-chart" aria-label={chart.measure}>
      <div className="chart-head">
        <h2 className="clip">{chart.measure}</h2>
        {chart.more > 0 && <span className="muted">{chart.more} more groups are in the table only</span>}
      </div>
      {chart.lines.length > 1 && (
        <ul className="bin-legend" aria-label="Groups">
          {chart.lines.map((l, i) => (
            <li key={l.id} title={l.label}>
              <span className="swatch" style={{ background: colorOf(i) }} /> <span className="clip">{l.label}</span>
            </li>
          ))}
        </ul>
      )}
      <div
        ref={box}
        className="chart-area"
        onPointerMove={(e) => {
          const r = e.currentTarget.getBoundingClientRect();
          const n = nearest(input(undefined, undefined), e.clientX - r.left, e.clientY - r.top);
          setTip(n && { x: e.clientX - r.left, bucket: n.bucket, id: n.id });
        }}
        onPointerLeave={() => setTip(undefined)}
      >
        <Canvas
          width={width}
          height={height}
          label={`${chart.measure} over time, at most ${valueLabel(most, unit)}, ${chart.lines.length} ${chart.lines.length === 1 ? 'group' : 'groups'}`}
          draw={paint}
        />
        {tip && rows.length > 0 && (
          <div className="tip" style={{ ...(tip.x < width / 2 ? { left: tip.x + 14 } : { right: width - tip.x + 14 }), top: 8 }}>
            <div className="muted">{at(tip.bucket)}</div>
            {markersAt(frame, markers, tip.x).map((m) => (
              <div key={m.id} className="tip-note">
                {m.label}
              </div>
            ))}
            {rows.slice(0, 10).map((l) => (
              <div key={l.id} className={l.id === tip.id ? 'tip-row on' : 'tip-row'}>
                <span className="swatch" style={{ background: l.color }} /> <span className="clip grow">{l.label}</span>{' '}
                <span className="num">{valueLabel(l.value!, unit)}</span>
              </div>
            ))}
          </div>
        )}
      </div>
    </section>
  );
}
