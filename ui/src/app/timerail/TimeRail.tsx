import './timerail.css';

import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import { get } from '../../api/client';
import { useLoad } from '../../api/useLoad';
import { Canvas } from '../../charts/Canvas';
import { askSpan, dragged, drawRail, gripAt, railSpan, untilNow, type Grip, type Span, type Volume } from '../../charts/rail';
import { markersAt } from '../../charts/markers';
import type { Theme } from '../../charts/theme';
import { useSize } from '../../charts/useSize';
import { useMarkers } from '../../query/useMarkers';
import { clock, count, day, momentMs } from '../../time/format';
import { change, resolve, type Range } from '../../time/range';
import { setParams } from '../location';
import { usePrefs } from '../prefs';

const height = 32;
/** How often a rail that touches the present moves on, in ms. */
const every = 30_000;
const buckets = 240;
/** A press that moves less, in pixels, is a click. */
const slight = 4;

interface Answer {
  base: string;
  step: number;
  events: number[];
  errors: number[];
}

const ns = (ms: number): string => `${Math.round(ms)}000000`;

/** Volume over time around the range that is shown; it stays while pages change. */
export function TimeRail({ range, env }: { range: Range; env: string }): React.ReactElement {
  const { utc } = usePrefs();
  const [box, { width }] = useSize<HTMLDivElement>();
  const [now, setNow] = useState(() => Date.now());
  const [held, setHeld] = useState<{ grip: Grip; at: number; x: number; from: Span; now: Span }>();
  const [hover, setHover] = useState<number>();
  const moved = useRef(false);
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => setNow(Date.now()), [range.from, range.to]);
  const shown: Span = resolve(range, now);
  const span = railSpan(shown, now);
  const asked = askSpan(span);
  const fresh = asked[1] >= now - every ? Math.floor(now / every) : 0;
  const answer = useLoad(`volume ${env} ${asked.join(' ')} ${fresh}`, (signal) =>
    get<Answer>('volume', { from: ns(asked[0]), to: ns(asked[1]), buckets: String(buckets) }, signal),
  );
  const volume: Volume | undefined = answer.data && {
    base: momentMs(answer.data.base),
    step: answer.data.step / 1e6,
    events: answer.data.events,
    errors: answer.data.errors,
  };
  const [a, b] = span;
  // Counted from 1970, in ms as all on the rail.
  const stored = useMarkers('0');
  const markers = useMemo(() => stored.map((m) => ({ ...m, from: m.from / 1e6, to: m.to / 1e6 })), [stored]);
  const draw = useCallback(
    (ctx: CanvasRenderingContext2D, theme: Theme) => drawRail(ctx, theme, { volume, span: [a, b], width, height, utc, markers }),
    // The volume is made anew from the answer each time.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [answer.data, a, b, width, utc, markers],
  );
  const placeOf = (t: number): number => ((t - a) / (b - a)) * width;
  const timeAt = (x: number): number => a + (x / Math.max(width, 1)) * (b - a);
  const markedAt = (x: number): (typeof markers)[number] | undefined =>
    markersAt(
      { left: 0, top: 0, width, height, total: b - a },
      markers.map((m) => ({ ...m, from: m.from - a, to: m.from - a })),
      x,
      4,
    ).map(({ id }) => markers.find((m) => m.id === id))[0];
  const xOf = (e: React.PointerEvent): number => e.clientX - e.currentTarget.getBoundingClientRect().left;
  const apply = (wanted: Span, whole: boolean): void => {
    const [from, to] = untilNow(wanted, Date.now(), whole);
    if (to - from >= 1) setParams({ from: ns(from), to: ns(to) });
  };
  const drop = (): void => {
    if (!held) return;
    setHeld(undefined);
    if (moved.current) apply(held.now, held.grip === 'move');
    else if (held.grip === 'new') {
      const half = (shown[1] - shown[0]) / 2;
      const middle = markedAt(held.x)?.from ?? held.at;
      apply([middle - half, middle + half], true);
    }
  };
  const [left, right] = (held?.now ?? shown).map(placeOf) as [number, number];
  const at = hover === undefined ? undefined : timeAt(hover);
  const bucket = at !== undefined && volume ? Math.floor((at - volume.base) / volume.step) : -1;
  return (
    <div
      ref={box}
      className={held ? 'timerail held' : 'timerail'}
      role="group"
      aria-label="Time rail"
      title="Drag for a range, drag its edges or all of it, double-click for twice the time"
      onPointerDown={(e) => {
        if (e.button !== 0) return;
        e.currentTarget.setPointerCapture(e.pointerId);
        const x = xOf(e);
        moved.current = false;
        setHeld({ grip: gripAt(x, left, right), at: timeAt(x), x, from: shown, now: shown });
      }}
      onPointerMove={(e) => {
        const x = xOf(e);
        setHover(x);
        if (!held) return;
        if (Math.abs(x - held.x) > slight) moved.current = true;
        if (moved.current) setHeld({ ...held, now: dragged(held.grip, held.from, held.at, timeAt(x)) });
      }}
      onPointerLeave={() => setHover(undefined)}
      onPointerUp={drop}
      onPointerCancel={() => setHeld(undefined)}
      onDoubleClick={() => setParams({ ...change(range, Date.now(), { grow: 2 }) })}
    >
      <Canvas
        width={width}
        height={height}
        label={
          volume
            ? `Events over time: ${count(volume.events.reduce((x, y) => x + y, 0))}, of them ${count(volume.errors.reduce((x, y) => x + y, 0))} errors`
            : 'Events over time'
        }
        draw={draw}
      />
      <div className="outside" style={{ left: 0, width: Math.max(left, 0) }} />
      <div className="outside" style={{ left: Math.min(right, width), right: 0 }} />
      <div className="window" style={{ left, width: Math.max(right - left, 1) }} />
      {at !== undefined && (
        <div className="said" style={hover! > width / 2 ? { left: 8 } : { right: 8 }} aria-hidden="true">
          {day(at, utc).slice(5)} {clock(at, utc)}
          {volume &&
            bucket >= 0 &&
            bucket < volume.events.length &&
            ` · ${count(volume.events[bucket]!)} events · ${count(volume.errors[bucket]!)} errors`}
          {markedAt(hover!) && ` · ${markedAt(hover!)!.label}`}
        </div>
      )}
    </div>
  );
}
