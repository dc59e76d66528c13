import { expect, it } from 'vitest';

import { traceOf } from './fixture';
import type { Ctx } from './bars';
import { drawMinimap } from './minimap';
import type { Theme } from './theme';

const theme = { slots: Array.from({ length: 13 }, () => 'slot'), error: 'error' } as unknown as Theme;

it('shows an error at any depth inside the strip', () => {
  const deep = Array.from({ length: 500 }, (_, i) => `${'  '.repeat(i)}api step${i} ${i} ${1000 - i}${i === 495 ? ' !' : ''}`).join('\n');
  const drawn: { fill: unknown; y: number; height: number }[] = [];
  const ctx = {
    fillStyle: '',
    fillRect: (_x: number, y: number, _w: number, height: number) => drawn.push({ fill: ctx.fillStyle, y, height }),
  };
  drawMinimap(ctx as unknown as Ctx, theme, traceOf(deep), 800, 56);
  expect(drawn.filter((d) => d.fill === 'error')).toHaveLength(1);
  for (const d of drawn) {
    expect(d.y).toBeGreaterThanOrEqual(2);
    expect(d.y + d.height).toBeLessThanOrEqual(56);
  }
});

it('takes the longest root for the name of the trace', () => {
  expect(traceOf('web early 0 5\nweb main 2 90\n  web child 3 95').root).toBe(1);
});
