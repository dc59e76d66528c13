import { useCallback, useState } from 'react';

import type { TraceGroup } from '../../api/types';
import { Canvas } from '../../charts/Canvas';
import { drawSpark } from '../../charts/draw';
import type { Theme } from '../../charts/theme';
import { count, digits, durationParts } from '../../time/format';
import { Middle } from '../../widgets/Middle';

export function Ms({ ms }: { ms: number | null }): React.ReactElement {
  if (ms === null) return <span className="muted">–</span>;
  const [n, unit] = durationParts(ms * 1e6);
  return (
    <>
      {n}
      <span className="unit">{'\u2009' + unit}</span>
    </>
  );
}

function Spark({ values, label }: { values: number[]; label: string }): React.ReactElement {
  const draw = useCallback((ctx: CanvasRenderingContext2D, theme: Theme) => drawSpark(ctx, theme.accent, values, 100, 16), [values]);
  return <Canvas width={100} height={16} label={label} draw={draw} />;
}

interface Props {
  groups: TraceGroup[];
  chosen: string;
  onChoose: (g: TraceGroup | undefined) => void;
}

/** Rows that are shown at first: the traces below must stay in sight. */
const most = 8;

/** One row for each operation that traces begin with. */
export function Groups({ groups, chosen, onChoose }: Props): React.ReactElement {
  const [all, setAll] = useState(false);
  // One more takes the room of the button.
  const shown = all || groups.length <= most + 1 ? groups : groups.filter((g, i) => i < most || g.name === chosen);
  return (
    <section className="panel groups" aria-label="Operations">
      <table>
        <thead>
          <tr>
            <th>Operation</th>
            <th className="num">Traces</th>
            <th className="num">Rate</th>
            <th className="num">Errors</th>
            <th className="num">p50</th>
            <th className="num">p95</th>
            <th className="num">p99</th>
            <th>Over time</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((g) => (
            <tr key={g.service + '\0' + g.name} aria-selected={chosen === g.name}>
              <td className="op">
                <button
                  type="button"
                  className="link"
                  title={`${g.service} ${g.name}`}
                  aria-pressed={chosen === g.name}
                  onClick={() => onChoose(chosen === g.name ? undefined : g)}
                >
                  <span className="service" style={{ '--c': `var(--s${g.slot || 12})` } as React.CSSProperties}>
                    <span className="muted">
                      <Middle text={g.service} />
                    </span>{' '}
                    <span className="clip">{g.name}</span>
                  </span>
                </button>
              </td>
              <td className="num">{count(g.count)}</td>
              <td className="num">
                {digits(g.rate)}
                <span className="unit">{'\u2009'}/s</span>
              </td>
              <td className={g.errors > 0 ? 'num error-text' : 'num muted'}>
                {g.errors > 0 ? `${digits((100 * g.errors) / g.count)}\u2009%` : '0'}
              </td>
              <td className="num">
                <Ms ms={g.p50_ms} />
              </td>
              <td className="num">
                <Ms ms={g.p95_ms} />
              </td>
              <td className="num">
                <Ms ms={g.p99_ms} />
              </td>
              <td>
                <Spark values={g.spark ?? []} label={`${g.name} over time`} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {groups.length > most + 1 && (
        <button type="button" className="link accent groups-all" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? `The ${most} most frequent` : `All ${count(groups.length)} operations`}
        </button>
      )}
    </section>
  );
}
