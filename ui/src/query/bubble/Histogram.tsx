import { useCallback } from 'react';

import { Canvas } from '../../charts/Canvas';
import { drawPair } from '../../charts/pair';
import { valueLabel, type Unit } from '../../charts/scale';
import type { Theme } from '../../charts/theme';
import type { Numbers } from './bubble';

interface Props {
  name: string;
  numbers: Numbers;
  unit: Unit;
  single: boolean;
  width: number;
}

const height = 56;

/** Two distributions over each other: the baseline filled, the selection as a line. */
export function Histogram({ name, numbers, unit, single, width }: Props): React.ReactElement {
  const draw = useCallback(
    (ctx: CanvasRenderingContext2D, theme: Theme) => {
      if (single) drawPair(ctx, theme, { selection: [], baseline: numbers.selection, width, height });
      else drawPair(ctx, theme, { selection: numbers.selection, baseline: numbers.baseline, width, height });
    },
    [numbers, single, width],
  );
  return (
    <div className="histogram">
      <Canvas width={width} height={height} label={`Distribution of ${name}`} draw={draw} />
      <div className="histogram-axis muted">
        <span>{valueLabel(numbers.min, unit)}</span>
        <span>{valueLabel(numbers.max, unit)}</span>
      </div>
    </div>
  );
}
