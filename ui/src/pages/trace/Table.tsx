import { useMemo, useState } from 'react';

import type { TraceModel } from '../../charts/model';
import { count, digits, duration } from '../../time/format';
import { summarise, type By, type Line } from './summary';

const columns = [
  ['spans', 'Spans'],
  ['self', 'Own time'],
  ['total', 'Total'],
  ['average', 'Average'],
  ['p95', 'p95'],
  ['most', 'Longest'],
  ['errors', 'Errors'],
  ['critical', 'Critical path'],
] as const;
type Column = (typeof columns)[number][0];

/** Lines that are there at once, and those that can be asked for: many cells take their time. */
const few = 100;
const most = 500;

function valueOf(l: Line, c: Column): number {
  return c === 'average' ? l.total / l.spans : l[c];
}

/** The spans summed up; a line leads to its longest span. */
export function Table({ trace, onSelect }: { trace: TraceModel; onSelect: (i: number) => void }): React.ReactElement {
  const [by, setBy] = useState<By>('both');
  const [sort, setSort] = useState<Column>('self');
  const [all, setAll] = useState(false);
  const lines = useMemo(() => summarise(trace, by).sort((a, b) => valueOf(b, sort) - valueOf(a, sort)), [trace, by, sort]);
  const path = trace.critical.reduce((t, [, from, to]) => t + to - from, 0);
  const own = lines.reduce((t, l) => t + l.self, 0);
  const show = (l: Line, c: Column): string => {
    const v = valueOf(l, c);
    if (c === 'spans' || c === 'errors') return count(v);
    if (c === 'critical') return v > 0 ? `${digits((100 * v) / Math.max(path, 1))}\u2009%` : '–';
    return duration(v);
  };
  return (
    <div className="table-view">
      <div className="views" role="group" aria-label="Sum up by">
        {(['both', 'service', 'operation'] as const).map((b) => (
          <button key={b} type="button" className="btn small" aria-pressed={by === b} onClick={() => setBy(b)}>
            {b === 'both' ? 'By service and operation' : `By ${b}`}
          </button>
        ))}
      </div>
      <table>
        <thead>
          <tr>
            <th>{by === 'service' ? 'Service' : 'Operation'}</th>
            {columns.map(([c, title]) => (
              <th key={c} className="num" aria-sort={sort === c ? 'descending' : 'none'}>
                <button type="button" onClick={() => setSort(c)}>
                  {title}
                  {sort === c ? ' ↓' : ''}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.slice(0, all ? most : few).map((l) => (
            <tr key={l.key}>
              <td className="op">
                <button type="button" className="link" onClick={() => onSelect(l.longest)} title="Show the longest in the waterfall">
                  <span
                    className="service"
                    style={{ '--c': by === 'operation' ? 'transparent' : `var(--s${trace.slots[l.service]!})` } as React.CSSProperties}
                  >
                    {by !== 'operation' && <span className={by === 'both' ? 'muted' : ''}>{trace.strings[l.service]}</span>}
                    {by !== 'service' && <span className="clip">{trace.strings[l.name] || '(no name)'}</span>}
                  </span>
                </button>
                <span
                  className="share"
                  style={{
                    width: `${(100 * l.self) / Math.max(own, 1)}%`,
                    background: by === 'operation' ? 'var(--accent)' : `var(--s${trace.slots[l.service]!})`,
                  }}
                />
              </td>
              {columns.map(([c]) => (
                <td key={c} className={`num${c === 'errors' && l.errors > 0 ? ' error-text' : ''}`}>
                  {show(l, c)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {lines.length > few && !all && (
        <p>
          <button type="button" className="btn small" onClick={() => setAll(true)}>
            Show {lines.length > most ? `${most} of ${count(lines.length)}` : `all ${count(lines.length)}`} lines
          </button>
        </p>
      )}
      {lines.length > most && all && (
        <p className="muted">
          The first {most} of {count(lines.length)} lines are shown.
        </p>
      )}
    </div>
  );
}
