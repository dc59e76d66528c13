import { useCallback, useRef } from 'react';

import type { Skeleton } from '../../api/types';
import { Canvas } from '../../charts/Canvas';
import { drawMinimap, type Theme } from '../../charts/draw';
import { useWidth } from '../../charts/useWidth';
import { clamp, type Window } from '../../charts/waterfall';

interface Props { trace: Skeleton; slotOf: (service: number) => number; window: Window; onWindow: (w: Window) => void }

const height = 56;

/** The whole trace, small; drag to choose the part that is shown, double-click for all. */
export function Minimap({ trace, slotOf, window: w, onWindow }: Props): React.ReactElement {
  const [box, width] = useWidth<HTMLDivElement>();
  const from = useRef<number>(undefined);
  const total = Math.max(trace.duration, 1);
  const draw = useCallback(
    (ctx: CanvasRenderingContext2D, theme: Theme) => drawMinimap(ctx, theme, trace, slotOf, w, width, height),
    // slotOf changes with the trace only.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [trace, w, width],
  );
  const at = (e: React.PointerEvent): number => {
    const r = e.currentTarget.getBoundingClientRect();
    return Math.min(Math.max((e.clientX - r.left) / r.width, 0), 1) * total;
  };
  return (
    <div
      ref={box}
      className="minimap"
      onPointerDown={(e) => {
        e.currentTarget.setPointerCapture(e.pointerId);
        from.current = at(e);
      }}
      onPointerMove={(e) => {
        if (from.current === undefined) return;
        const to = at(e);
        if (Math.abs(to - from.current) > total / 500) onWindow(clamp({ from: Math.min(from.current, to), to: Math.max(from.current, to) }, total));
      }}
      onPointerUp={() => (from.current = undefined)}
      onDoubleClick={() => onWindow({ from: 0, to: total })}
    >
      <Canvas width={width} height={height} label="The whole trace; the part in view lies between the amber lines" draw={draw} />
    </div>
  );
}
