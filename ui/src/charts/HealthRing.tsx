import { useCallback } from 'react';

import type { Health } from '../api/map';
import { Canvas } from './Canvas';
import { percent } from './figures';
import { drawRing } from './ring';
import type { Theme } from './theme';

/** The health ring as a glyph in text. */
export function HealthRing({ health: h, size = 16 }: { health: Health; size?: number }): React.ReactElement {
  const draw = useCallback(
    (ctx: CanvasRenderingContext2D, theme: Theme) => {
      const shares = h.count > 0 ? { faults: h.faults / h.count, throttles: h.throttles / h.count, errors: h.errors / h.count } : undefined;
      const width = Math.max(size / 5, 3);
      drawRing(ctx, theme, shares, size / 2, size / 2, (size - width) / 2, width);
    },
    [h.count, h.faults, h.throttles, h.errors, size],
  );
  return <Canvas className="health-ring" width={size} height={size} label={healthWords(h)} draw={draw} />;
}

function healthWords(h: Health): string {
  if (h.count === 0) return 'no calls';
  const parts = [
    [h.faults, '5xx'],
    [h.throttles, '429'],
    [h.errors, '4xx'],
  ] as const;
  const bad = parts.filter(([n]) => n > 0).map(([n, word]) => `${percent(n, h.count)} ${word}`);
  return bad.length > 0 ? bad.join(', ') : 'all ok';
}
