import { useRef } from 'react';

import type { Viewport } from '../../charts/viewport';

/** Drag over the axis to zoom to what was dragged over; double-click for all. */
export function AxisBrush({ viewport, children }: { viewport: Viewport; children: React.ReactNode }): React.ReactElement {
  const area = useRef<HTMLDivElement>(null);
  const band = useRef<HTMLDivElement>(null);
  const start = useRef<number>(undefined);
  const place = (e: React.PointerEvent): number => {
    const r = area.current!.getBoundingClientRect();
    return Math.min(Math.max((e.clientX - r.left) / r.width, 0), 1);
  };
  const show = (a: number, b: number): void => {
    const style = band.current!.style;
    style.left = `${100 * Math.min(a, b)}%`;
    style.width = `${100 * Math.abs(a - b)}%`;
    style.display = a === b ? 'none' : 'block';
  };
  return (
    <div
      ref={area}
      className="bars axis"
      title="Drag to zoom, double-click for the whole trace"
      onPointerDown={(e) => {
        e.currentTarget.setPointerCapture(e.pointerId);
        start.current = place(e);
      }}
      onPointerMove={(e) => {
        if (start.current !== undefined) show(start.current, place(e));
      }}
      onPointerUp={(e) => {
        const a = start.current;
        const b = place(e);
        start.current = undefined;
        show(0, 0);
        const w = viewport.window;
        const length = w.to - w.from;
        if (a !== undefined && Math.abs(a - b) > 0.005)
          viewport.setWindow({ from: w.from + Math.min(a, b) * length, to: w.from + Math.max(a, b) * length });
      }}
      onPointerCancel={() => {
        start.current = undefined;
        show(0, 0);
      }}
      onDoubleClick={() => viewport.setWindow({ from: 0, to: viewport.total })}
    >
      {children}
      <div ref={band} className="brush full" style={{ display: 'none' }} />
    </div>
  );
}
