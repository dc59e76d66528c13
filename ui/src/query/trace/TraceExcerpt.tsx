import './excerpt.css';

import { get } from '../../api/client';
import type { Skeleton } from '../../api/types';
import { useLoad } from '../../api/useLoad';
import { linkTo } from '../../app/location';
import { duration } from '../../time/format';
import { excerpt } from './excerpt';

const most = 12;

/** Twelve spans of a trace around the one that said the line. */
export function TraceExcerpt({ trace, span }: { trace: string; span: string }): React.ReactElement {
  const { data, error, loading } = useLoad(`trace ${trace}`, (signal) => get<Skeleton>(`trace/${encodeURIComponent(trace)}`, {}, signal));
  const to = `/trace/${encodeURIComponent(trace)}${span ? `?span=${encodeURIComponent(span)}` : ''}`;
  if (error) {
    return (
      <p className="lexcerpt-none muted">
        {error.status === 404 ? 'No span of this trace has come (yet): the line names it, but no service sent it.' : error.message}
      </p>
    );
  }
  if (!data) return <p className="lexcerpt-none muted">{loading ? 'Looking for the trace…' : ''}</p>;
  if (data.total_spans === 0)
    return (
      <p className="lexcerpt-none muted">No span of this trace has come (yet): what names it is here, but no service sent its spans.</p>
    );
  const s = data.spans;
  const at = s.id.indexOf(span);
  const shown = excerpt(s, at, most);
  const length = Math.max(data.duration, 1);
  const failed = data.services.reduce((n, x) => n + x.errors, 0);
  return (
    <div className="lexcerpt">
      <p className="row wrap">
        <a {...linkTo(to)}>
          {data.strings[s.name[0]!] || 'Trace'} · {duration(data.duration)}
        </a>
        <span className="muted">
          {data.total_spans} spans · {data.services.length} services{failed > 0 ? ` · ${failed} errors` : ''}
        </span>
      </p>
      <ul>
        {shown.map((i, k) => {
          const service = data.services.find((x) => x.name === data.strings[s.service[i]!]);
          const gap = k > 0 && s.parent[i] !== shown[k - 1] && i !== shown[k - 1]! + 1;
          return (
            <li key={i} className={i === at ? 'on' : ''}>
              <a
                {...linkTo(`/trace/${encodeURIComponent(trace)}?span=${encodeURIComponent(s.id[i]!)}`)}
                title={gap ? 'Spans before it are left out' : undefined}
              >
                <span className="lex-name" style={{ paddingLeft: Math.min(s.depth[i]!, 10) * 8 }}>
                  <span className="bar-mark" style={{ background: `var(--s${service?.slot ?? 12})` }} />
                  <span className="clip">
                    <span className="muted">{data.strings[s.service[i]!]}</span> {data.strings[s.name[i]!]}
                  </span>
                  {(s.flags[i]! & 1) !== 0 && <span className="badge">error</span>}
                </span>
                <span className="lex-bars">
                  <span
                    style={{
                      left: `${(100 * s.start[i]!) / length}%`,
                      width: `max(2px, ${(100 * s.duration[i]!) / length}%)`,
                      background: `var(--s${service?.slot ?? 12})`,
                    }}
                  />
                </span>
                <span className="muted lex-took">{duration(s.duration[i]!)}</span>
              </a>
            </li>
          );
        })}
      </ul>
      {data.total_spans > shown.length && (
        <p>
          <a {...linkTo(to)}>All {data.total_spans} spans</a>
        </p>
      )}
    </div>
  );
}
