import { useMemo, useState } from 'react';

import type { Skeleton } from '../../api/types';
import { flag } from '../../charts/waterfall';
import { count, digits, duration } from '../../time/format';

interface Line { key: string; service: number; name: number; first: number; spans: number; total: number; self: number; longest: number; errors: number; critical: number }

/** The spans by service and operation, most own time first. */
export function Table({ trace, slotOf, onSelect }: { trace: Skeleton; slotOf: (s: number) => number; onSelect: (i: number) => void }): React.ReactElement {
  const [by, setBy] = useState<'both' | 'service'>('both');
  const lines = useMemo(() => summarise(trace, by), [trace, by]);
  const path = trace.critical.reduce((t, [, from, to]) => t + to - from, 0);
  return (
    <div className="table-view">
      <div className="row">
        <button type="button" className="btn small" aria-pressed={by === 'both'} onClick={() => setBy('both')}>
          By operation
        </button>
        <button type="button" className="btn small" aria-pressed={by === 'service'} onClick={() => setBy('service')}>
          By service
        </button>
      </div>
      <table>
        <thead>
          <tr>
            <th>{by === 'both' ? 'Operation' : 'Service'}</th>
            {['Spans', 'Own time', 'Total', 'Average', 'Longest', 'Errors', 'Critical path'].map((h) => (
              <th key={h} className="num">
                {h}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map((l) => (
            <tr key={l.key}>
              <td className="op">
                <button type="button" className="link" onClick={() => onSelect(l.first)}>
                  <span className="service" style={{ '--c': `var(--s${slotOf(l.service)})` } as React.CSSProperties}>
                    <span className={by === 'both' ? 'muted' : ''}>{trace.strings[l.service]}</span>
                    {by === 'both' && <span className="clip">{trace.strings[l.name]}</span>}
                  </span>
                </button>
              </td>
              <td className="num">{count(l.spans)}</td>
              <td className="num">{duration(l.self)}</td>
              <td className="num">{duration(l.total)}</td>
              <td className="num">{duration(l.total / l.spans)}</td>
              <td className="num">{duration(l.longest)}</td>
              <td className={l.errors > 0 ? 'num error-text' : 'num muted'}>{l.errors}</td>
              <td className="num">{l.critical > 0 ? `${digits((100 * l.critical) / Math.max(path, 1))}\u2009%` : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function summarise(t: Skeleton, by: 'both' | 'service'): Line[] {
  const critical = new Map<number, number>();
  for (const [span, from, to] of t.critical) critical.set(span, (critical.get(span) ?? 0) + to - from);
  const lines = new Map<string, Line>();
  t.spans.id.forEach((_, i) => {
    if ((t.spans.flags[i]! & flag.placeholder) !== 0) return;
    const service = t.spans.service[i]!;
    const name = t.spans.name[i]!;
    const key = by === 'both' ? `${service} ${name}` : String(service);
    let l = lines.get(key);
    if (!l) {
      l = { key, service, name, first: i, spans: 0, total: 0, self: 0, longest: 0, errors: 0, critical: 0 };
      lines.set(key, l);
    }
    l.spans++;
    l.total += t.spans.duration[i]!;
    l.self += t.spans.self[i]!;
    if (t.spans.duration[i]! > l.longest) {
      l.longest = t.spans.duration[i]!;
      l.first = i;
    }
    l.errors += t.spans.flags[i]! & flag.error ? 1 : 0;
    l.critical += critical.get(i) ?? 0;
  });
  return [...lines.values()].sort((a, b) => b.self - a.self);
}
