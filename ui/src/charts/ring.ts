// The health ring: how much of the calls was ok, 4xx, 429 and 5xx. Each class
// has its own colour and its own hatch. No React, no reads of the page.
import type { Theme } from './theme';

export interface Shares {
  faults: number;
  throttles: number;
  errors: number;
}

type Pen = Pick<CanvasRenderingContext2D, 'beginPath' | 'arc' | 'stroke' | 'setLineDash'> & {
  strokeStyle: unknown;
  lineWidth: number;
  lineCap: CanvasLineCap;
};

/** What is there is seen, however small its share. */
const leastShare = 0.06;

/** The parts of the ring in their order from the top, as shares of it. */
export function ringParts(s: Shares): { name: 'fault' | 'throttle' | 'error' | 'ok'; share: number }[] {
  const parts = [
    { name: 'fault' as const, share: s.faults },
    { name: 'throttle' as const, share: s.throttles },
    { name: 'error' as const, share: s.errors },
    { name: 'ok' as const, share: 1 - s.faults - s.throttles - s.errors },
  ]
    .filter((p) => p.share > 1e-9)
    .map((p) => ({ ...p, share: Math.max(p.share, leastShare) }));
  const sum = parts.reduce((n, p) => n + p.share, 0);
  return parts.map((p) => ({ ...p, share: p.share / sum }));
}

/** Draws the ring, or a plain circle where there were no calls. */
export function drawRing(ctx: Pen, theme: Theme, shares: Shares | undefined, x: number, y: number, radius: number, width: number): void {
  ctx.lineCap = 'butt';
  ctx.lineWidth = width;
  if (!shares) {
    ctx.strokeStyle = theme.line;
    ctx.lineWidth = width / 2;
    ctx.beginPath();
    ctx.arc(x, y, radius, 0, 2 * Math.PI);
    ctx.stroke();
    return;
  }
  const color = { fault: theme.error, throttle: theme.throttle, error: theme.warn, ok: theme.ok };
  let from = -Math.PI / 2;
  const parts = ringParts(shares);
  for (const { name, share } of parts) {
    const to = from + share * 2 * Math.PI;
    const gap = parts.length > 1 ? 0.06 : 0;
    ctx.strokeStyle = color[name];
    ctx.lineWidth = width;
    ctx.beginPath();
    ctx.arc(x, y, radius, from + gap / 2, to - gap / 2);
    ctx.stroke();
    hatch(ctx, theme, name, x, y, radius, width, from + gap / 2, to - gap / 2);
    from = to;
  }
}

/** 5xx has a hollow line along its middle, 429 dots, 4xx ticks across; ok is plain. */
function hatch(ctx: Pen, theme: Theme, name: string, x: number, y: number, radius: number, width: number, from: number, to: number): void {
  if (name === 'ok') return;
  ctx.strokeStyle = theme.surface;
  ctx.lineWidth = name === 'error' ? width : width / 3;
  ctx.setLineDash(name === 'fault' ? [] : name === 'throttle' ? [width / 2.5, width / 1.6] : [1, width / 1.4]);
  ctx.beginPath();
  ctx.arc(x, y, radius, from, to);
  ctx.stroke();
  ctx.setLineDash([]);
}
