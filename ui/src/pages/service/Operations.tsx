import { useCallback, useState } from 'react';

import type { Operation } from '../../api/map';
import { linkTo } from '../../app/location';
import { Canvas } from '../../charts/Canvas';
import { drawSpark } from '../../charts/draw';
import { ms, percent, perSecond } from '../../charts/figures';
import type { Theme } from '../../charts/theme';

interface Props {
  list: Operation[];
  service: string;
  seconds: number;
  range: { from: string; to: string };
}

const columns = [
  ['name', 'Operation'],
  ['count', 'Rate'],
  ['failed', 'Failed'],
  ['p50', 'p50'],
  ['p95', 'p95'],
  ['p99', 'p99'],
  ['share', 'Share of time'],
] as const;
type Column = (typeof columns)[number][0];

const failed = (o: Operation): number => o.errors + o.throttles + o.faults;

function valueOf(o: Operation, c: Column): number | string {
  if (c === 'name') return o.name;
  if (c === 'failed') return o.count > 0 ? failed(o) / o.count : 0;
  if (c === 'count' || c === 'share') return o[c];
  return o[`${c}_ms`] ?? -1;
}

/** What the service does, one row for each operation. */
export function Operations({ list, service, seconds, range }: Props): React.ReactElement {
  const [sort, setSort] = useState<Column>('count');
  const [up, setUp] = useState(false);
  const rows = [...list].sort((a, b) => {
    const [x, y] = [valueOf(a, sort), valueOf(b, sort)];
    return (x < y ? -1 : x > y ? 1 : 0) * (up ? 1 : -1);
  });
  const traces = (name: string): string =>
    `/traces?${new URLSearchParams({ ...range, q: `service.name = ${JSON.stringify(service)} AND name = ${JSON.stringify(name)}` }).toString()}`;
  return (
    <section className="panel" aria-label="Operations">
      <table>
        <thead>
          <tr>
            {columns.map(([id, title]) => (
              <th key={id} className={id === 'name' ? '' : 'num'} aria-sort={sort === id ? (up ? 'ascending' : 'descending') : 'none'}>
                <button
                  type="button"
                  onClick={() => {
                    setUp(sort === id ? !up : id === 'name');
                    setSort(id);
                  }}
                >
                  {title}
                  {sort === id ? (up ? ' ↑' : ' ↓') : ''}
                </button>
              </th>
            ))}
            <th>Over time</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((o) => (
            <tr key={o.name}>
              <td className="end">
                <a className="clip" {...linkTo(traces(o.name))} title={o.name}>
                  {o.name || '(no name)'}
                </a>
              </td>
              <td className="num">{perSecond(o.count, seconds)}</td>
              <td className={failed(o) > 0 ? 'num error-text' : 'num muted'}>{failed(o) > 0 ? percent(failed(o), o.count) : '0'}</td>
              <td className="num">{ms(o.p50_ms)}</td>
              <td className="num">{ms(o.p95_ms)}</td>
              <td className="num">{ms(o.p99_ms)}</td>
              <td className="num">{percent(o.share, 1)}</td>
              <td>
                <Spark values={o.spark} label={`${o.name} over time`} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Spark({ values, label }: { values: number[]; label: string }): React.ReactElement {
  const draw = useCallback((ctx: CanvasRenderingContext2D, theme: Theme) => drawSpark(ctx, theme.accent, values, 100, 16), [values]);
  return <Canvas width={100} height={16} label={label} draw={draw} />;
}
