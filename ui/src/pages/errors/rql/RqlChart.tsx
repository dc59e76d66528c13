import { useCallback, useMemo } from 'react';

import { usePrefs } from '../../../app/prefs';
import { Canvas } from '../../../charts/Canvas';
import { drawCounts } from '../../../charts/counts';
import type { Frame } from '../../../charts/lines';
import type { Theme } from '../../../charts/theme';
import { useSize } from '../../../charts/useSize';
import { count, minute } from '../../../time/format';
import type { BarChart, TimeChart } from './chart';

/** Charts of an answer: over time, or a bar for each group. */
export function RqlCharts({ charts }: { charts: (TimeChart | BarChart)[] }): React.ReactElement {
  return (
    // It scrolls, so it must be reached by key.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="rcharts" tabIndex={0} role="region" aria-label="Charts">
      {charts.map((c) => (
        <section key={c.measure} className="epart" aria-label={c.measure}>
          <header>
            <h2 className="mono">{c.measure}</h2>
          </header>
          {c.kind === 'time' ? <Over chart={c} /> : <Bars chart={c} />}
        </section>
      ))}
    </div>
  );
}

const height = 200;

function Over({ chart }: { chart: TimeChart }): React.ReactElement {
  const { utc } = usePrefs();
  const [box, { width }] = useSize<HTMLDivElement>();
  const { values, startMs, stepMs } = chart;
  const frame: Frame = useMemo(
    () => ({ left: 52, top: 10, width: Math.max(width - 60, 10), height: height - 32, total: values.length * stepMs * 1e6 }),
    [width, values.length, stepMs],
  );
  const draw = useCallback(
    (ctx: CanvasRenderingContext2D, theme: Theme) => {
      drawCounts(ctx, theme, frame, { values, step: stepMs * 1e6, startMs, utc, partialFrom: values.length });
    },
    [frame, values, startMs, stepMs, utc],
  );
  const at = (ms: number): string => minute(ms, utc);
  return (
    <div ref={box}>
      <Canvas
        width={width}
        height={height}
        label={`${chart.measure} from ${at(startMs)} to ${at(startMs + values.length * stepMs)}, at most ${count(Math.max(...values.map((v) => v ?? 0), 0))}`}
        draw={draw}
      />
    </div>
  );
}

function Bars({ chart }: { chart: BarChart }): React.ReactElement {
  const most = Math.max(...chart.bars.map((b) => Math.abs(b.value)), Number.MIN_VALUE);
  return (
    <>
      <ul className="rbars">
        {chart.bars.map((b, i) => (
          <li key={i}>
            <span className="clip" title={b.label}>
              {b.label}
            </span>
            <span className="rbar" aria-hidden="true">
              <i style={{ width: `${(Math.abs(b.value) / most) * 100}%` }} />
            </span>
            <span className="num">{count(b.value)}</span>
          </li>
        ))}
      </ul>
      {chart.more > 0 && <p className="muted">{count(chart.more)} more rows are in the table</p>}
    </>
  );
}
