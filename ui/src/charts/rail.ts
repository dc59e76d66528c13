// The time rail: volume around the range that is shown. Places in time are in
// ms since 1970. Layout and drawing are apart from React.
import type { Ctx } from './bars';
import type { Marker } from './markers';
import { timeMarks } from './scale';
import type { Theme } from './theme';

export interface Volume {
  base: number;
  step: number;
  events: readonly number[];
  errors: readonly number[];
}

export type Span = readonly [from: number, to: number];

/** What the rail shows: three times the range with the range in the middle, but hardly anything of the future. */
export function railSpan([from, to]: Span, now: number): Span {
  const length = Math.max(to - from, 1);
  const end = Math.min(to + length, Math.max(to, now) + length * 0.04);
  return [end - 3 * length, end];
}

/** What to ask the server for: a stretch around it at a power of two, so that small moves ask for nothing new. */
export function askSpan([from, to]: Span): Span {
  const unit = 2 ** Math.ceil(Math.log2(Math.max(to - from, 1) / 3));
  return [Math.floor(from / unit) * unit, Math.ceil(to / unit) * unit];
}

export type Grip = 'new' | 'from' | 'to' | 'move';

/** What a press at x takes hold of, in pixels. */
export function gripAt(x: number, left: number, right: number): Grip {
  const near = 5;
  if (Math.abs(x - left) <= near) return 'from';
  if (Math.abs(x - right) <= near) return 'to';
  return x > left && x < right ? 'move' : 'new';
}

/** The range that a drag from a to b makes of one that was there. */
export function dragged(grip: Grip, [from, to]: Span, a: number, b: number): Span {
  if (grip === 'move') return [from + b - a, to + b - a];
  const fixed = grip === 'from' ? to : grip === 'to' ? from : a;
  return [Math.min(fixed, b), Math.max(fixed, b)];
}

/** A range that doesn't reach into the future: moved back as a whole, or cut. */
export function untilNow([from, to]: Span, now: number, whole: boolean): Span {
  if (to <= now) return [from, to];
  return [whole ? from - (to - now) : Math.min(from, now), now];
}

const areaHeight = 24;

/** Draws the volume as an area, errors over it in their own colour, marks of time, and deploys. */
export function drawRail(
  ctx: Ctx,
  theme: Theme,
  p: { volume: Volume | undefined; span: Span; width: number; height: number; utc: boolean; markers: readonly Marker[] },
): void {
  const { volume, span, width, height } = p;
  const scale = width / (span[1] - span[0]);
  if (volume) {
    const inView = (i: number): boolean => volume.base + (i + 1) * volume.step > span[0] && volume.base + i * volume.step < span[1];
    const most = volume.events.reduce((m, n, i) => (inView(i) ? Math.max(m, n) : m), 0);
    if (most > 0) {
      for (const [list, color, alpha] of [
        [volume.events, theme.accent, 0.55],
        [volume.errors, theme.error, 0.9],
      ] as const) {
        ctx.fillStyle = color;
        ctx.globalAlpha = alpha;
        list.forEach((n, i) => {
          if (n <= 0 || !inView(i)) return;
          const x = (volume.base + i * volume.step - span[0]) * scale;
          const h = Math.max((n / most) * areaHeight, 1);
          ctx.fillRect(x, height - h, Math.max(volume.step * scale, 1), h);
        });
      }
      ctx.globalAlpha = 1;
    }
  }
  ctx.font = `11px ${theme.sans}`;
  ctx.textBaseline = 'top';
  for (const m of timeMarks(span[0], span[1], width, p.utc)) {
    const x = Math.round((m.at - span[0]) * scale);
    ctx.fillStyle = theme.line;
    ctx.fillRect(x, 0, 1, 6);
    ctx.fillStyle = theme.text3;
    if (x + 4 + ctx.measureText(m.label).width < width) ctx.fillText(m.label, x + 4, 1);
  }
  for (const m of p.markers) {
    const x = Math.round((m.from - span[0]) * scale);
    if (x < 0 || x >= width) continue;
    ctx.fillStyle = m.color || theme.text2;
    ctx.fillRect(x, 0, 1, height);
    ctx.fillRect(x, 0, 5, 4);
  }
}
