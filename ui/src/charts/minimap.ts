// The whole trace in a strip: drawn once for each trace and theme.
import type { Ctx } from './bars';
import { flag, type TraceModel } from './model';
import type { Theme } from './theme';

/** Draws every span as a line at its depth, errors last so that none is hidden. A tree deeper than the strip shares its lines. */
export function drawMinimap(ctx: Ctx, theme: Theme, t: TraceModel, width: number, height: number): void {
  const s = t.spans;
  const scale = width / t.total;
  let deepest = 0;
  for (let i = 0; i < t.count; i++) deepest = Math.max(deepest, s.depth[i]!);
  const lines = Math.max(Math.min(deepest + 1, height - 4), 1);
  const step = Math.min((height - 4) / lines, 10);
  const thick = Math.max(step - 1, 1);
  // One bar a pixel and depth is all that can be seen.
  const ends = new Float64Array(lines);
  for (const errors of [false, true]) {
    ends.fill(-Infinity);
    for (let i = 0; i < t.count; i++) {
      const flags = s.flags[i]!;
      if (((flags & flag.error) !== 0) !== errors || (flags & flag.placeholder) !== 0) continue;
      const x = s.start[i]! * scale;
      const x2 = Math.max(x + s.duration[i]! * scale, x + 1);
      const d = Math.floor((s.depth[i]! * lines) / (deepest + 1));
      if (x2 - ends[d]! < 0.5) continue;
      ends[d] = x2;
      const y = 2 + d * step;
      ctx.fillStyle = errors ? theme.error : theme.slots[t.slots[s.service[i]!]!]!;
      ctx.fillRect(x, errors ? y + thick / 2 : y, x2 - x, errors ? Math.max(thick / 2, 1) : thick);
    }
  }
}
