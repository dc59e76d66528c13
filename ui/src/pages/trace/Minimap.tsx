import { useCallback, useLayoutEffect, useRef } from 'react';

import { Canvas } from '../../charts/Canvas';
import { drawMinimap } from '../../charts/minimap';
import type { TraceModel } from '../../charts/model';
import type { Theme } from '../../charts/theme';
import { useSize } from '../../charts/useSize';
import type { Viewport } from '../../charts/viewport';

const height = 56;

/** The whole trace, small: drag to choose what is shown, drag the window to move it, double-click for all. */
export function Minimap({ trace, viewport }: { trace: TraceModel; viewport: Viewport }): React.ReactElement {
  const [box, { width }] = useSize<HTMLDivElement>();
  const left = useRef<HTMLDivElement>(null);
  const right = useRef<HTMLDivElement>(null);
  const drag = useRef<{ at: number; grab: 'new' | 'from' | 'to' | 'move'; from: number; to: number }>(undefined);
  const draw = useCallback((ctx: CanvasRenderingContext2D, theme: Theme) => drawMinimap(ctx, theme, trace, width, height), [trace, width]);
  useLayoutEffect(() => {
    const place = (): void => {
      if (!left.current || !right.current) return;
      const w = viewport.window;
      left.current.style.width = `${(100 * w.from) / viewport.total}%`;
      right.current.style.width = `${100 - (100 * w.to) / viewport.total}%`;
    };
    place();
    return viewport.onPaint(place);
  }, [viewport]);
  const at = (e: React.PointerEvent): number => {
    const r = e.currentTarget.getBoundingClientRect();
    return Math.min(Math.max((e.clientX - r.left) / r.width, 0), 1) * viewport.total;
  };
  const grabbed = (t: number): 'new' | 'from' | 'to' | 'move' => {
    const w = viewport.window;
    const near = (6 / Math.max(width, 1)) * viewport.total;
    if (viewport.isWhole()) return 'new';
    if (Math.abs(t - w.from) < near) return 'from';
    if (Math.abs(t - w.to) < near) return 'to';
    return t > w.from && t < w.to ? 'move' : 'new';
  };
  return (
    <div
      ref={box}
      className="minimap"
      onPointerDown={(e) => {
        e.currentTarget.setPointerCapture(e.pointerId);
        const t = at(e);
        drag.current = { at: t, grab: grabbed(t), ...viewport.window };
      }}
      onPointerMove={(e) => {
        const d = drag.current;
        if (!d) return;
        const t = at(e);
        if (d.grab === 'move') viewport.setWindow({ from: d.from + t - d.at, to: d.to + t - d.at });
        else {
          const fixed = d.grab === 'from' ? d.to : d.grab === 'to' ? d.from : d.at;
          if (Math.abs(t - fixed) > viewport.total / 500) viewport.setWindow({ from: Math.min(fixed, t), to: Math.max(fixed, t) });
        }
      }}
      onPointerUp={() => (drag.current = undefined)}
      onPointerCancel={() => (drag.current = undefined)}
      onDoubleClick={() => viewport.setWindow({ from: 0, to: viewport.total })}
    >
      <Canvas width={width} height={height} label="The whole trace; the part in view lies between the amber lines" draw={draw} after />
      <div ref={left} className="shade left" />
      <div ref={right} className="shade right" />
    </div>
  );
}
