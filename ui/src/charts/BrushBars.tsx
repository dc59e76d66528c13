import './charts.css';

import { useCallback, useState } from 'react';

import { drawBrushBars, nudge, plot } from './brushBars';
import { Canvas } from './Canvas';
import { markersAt, type Marker } from './markers';
import type { Theme } from './theme';
import { useSize } from './useSize';

interface Props {
  /** What it shows, for those who can't see it. */
  label: string;
  sets: readonly (readonly number[])[];
  relative?: boolean;
  pick: readonly [number, number] | undefined;
  marks: readonly { at: number; label: string }[];
  /** Deploys and the like, where the width is time: in shares of it. */
  markers?: readonly Marker[];
  height: number;
  /** Says what lies at a share of the width. */
  tip: (at: number) => string;
  onPick: (pick: [number, number] | undefined) => void;
}

const none: Marker[] = [];

interface Drag {
  /** The part before, when it is moved as a whole. */
  moves: readonly [number, number] | undefined;
  from: number;
  to: number;
}

/** Counts to drag over. What is picked can be dragged on as a whole; arrow keys move it, with Shift they grow it. */
export function BrushBars({ label, sets, relative = false, pick, marks, markers = none, height, tip, onPick }: Props): React.ReactElement {
  const [box, { width }] = useSize<HTMLDivElement>();
  const [drag, setDrag] = useState<Drag>();
  const [hover, setHover] = useState<number>();
  const inner = Math.max(width - plot.left - plot.right, 1);
  const shown = drag ? picked(drag) : pick;
  const [a, b] = shown ?? [-1, -1];
  const draw = useCallback(
    (ctx: CanvasRenderingContext2D, theme: Theme) =>
      drawBrushBars(ctx, theme, { sets, relative, pick: a < 0 ? undefined : [a, b], marks, markers, width, height }),
    [sets, relative, a, b, marks, markers, width, height],
  );
  const place = (e: React.PointerEvent): number => {
    const r = e.currentTarget.getBoundingClientRect();
    return Math.min(Math.max((e.clientX - r.left - plot.left) / inner, 0), 1);
  };
  const bins = Math.max(sets[0]?.length ?? 1, 1);
  return (
    // The chart is a control: keys move what is picked.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      ref={box}
      className="brush-bars"
      role="application"
      aria-label={`${label}; arrow keys pick a part, with Shift they grow it`}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      onPointerDown={(e) => {
        if (e.button !== 0) return;
        e.currentTarget.setPointerCapture(e.pointerId);
        const at = place(e);
        const moves = pick && at >= pick[0] && at <= pick[1] ? pick : undefined;
        setDrag({ moves, from: at, to: at });
      }}
      onPointerMove={(e) => {
        const at = place(e);
        setHover(at);
        setDrag((d) => d && { ...d, to: at });
      }}
      onPointerLeave={() => setHover(undefined)}
      onPointerCancel={() => setDrag(undefined)}
      onPointerUp={() => {
        if (!drag) return;
        setDrag(undefined);
        // A click without a drag lets go.
        onPick(Math.abs(drag.to - drag.from) * inner < 3 ? undefined : picked(drag));
      }}
      onKeyDown={(e) => {
        if (e.key === 'ArrowLeft' || e.key === 'ArrowRight') onPick(nudge(pick, e.key, e.shiftKey, 2 / bins));
        else if (e.key === 'Escape' && pick) onPick(undefined);
        else return;
        e.preventDefault();
        e.stopPropagation();
      }}
    >
      <Canvas width={width} height={height} label={label} draw={draw} />
      {shown && (
        <div
          className={drag ? 'brush full' : 'brush full at-rest'}
          style={{
            left: plot.left + shown[0] * inner,
            width: Math.max((shown[1] - shown[0]) * inner, 2),
            bottom: plot.bottom,
            top: plot.top,
          }}
        />
      )}
      {hover !== undefined && !drag && (
        <div
          className="tip"
          style={hover < 0.6 ? { left: plot.left + hover * inner + 12 } : { right: plot.right + (1 - hover) * inner + 12 }}
        >
          {tip(hover)}
          {markersAt({ left: 0, top: 0, width: inner, height, total: 1 }, markers, hover * inner).map((m) => (
            <div key={m.id}>{m.label}</div>
          ))}
        </div>
      )}
    </div>
  );
}

function picked({ moves, from, to }: Drag): [number, number] {
  if (!moves) return [Math.min(from, to), Math.max(from, to)];
  const length = moves[1] - moves[0];
  const start = Math.min(Math.max(moves[0] + to - from, 0), 1 - length);
  return [start, start + length];
}
