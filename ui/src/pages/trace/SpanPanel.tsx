import { useState } from 'react';

import { get, post } from '../../api/client';
import type { Peers, Skeleton, SpanDetail } from '../../api/types';
import { useLoad } from '../../api/useLoad';
import { linkTo } from '../../app/location';
import { usePrefs } from '../../app/prefs';
import { clock, digits, duration, momentMs } from '../../time/format';
import { ValueMenu } from './ValueMenu';

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

export function SpanPanel({ trace, index, slot }: { trace: Skeleton; index: number; slot: number }): React.ReactElement {
  const { utc } = usePrefs();
  const s = trace.spans;
  const service = trace.strings[s.service[index]!] ?? '';
  const name = trace.strings[s.name[index]!] ?? '';
  const detail = useLoad(`span ${trace.trace_id} ${index} ${s.id.length}`, (signal) =>
    post<{ spans: SpanDetail[] }>(`trace/${encodeURIComponent(trace.trace_id)}/spans`, { indexes: [index] }, signal),
  );
  const peers = useLoad(`peers ${service} ${name} ${s.kind[index]} ${s.duration[index]}`, (signal) =>
    get<Peers>('peers', { service, name, kind: kinds[s.kind[index]!], duration_ns: String(s.duration[index]) }, signal),
  );
  const d = detail.data?.spans[0];
  const [tab, setTab] = useState<'fields' | 'events' | 'raw'>('fields');
  const shown = d && d.index === index ? d : undefined;
  return (
    <aside className="span-panel" aria-label="Span">
      <header>
        <h2 className="service" style={{ '--c': `var(--s${slot})` } as React.CSSProperties}>
          <span className="clip">{name || '(no name)'}</span>
        </h2>
        <p className="muted">
          {service} · {kinds[s.kind[index]!]} · starts at {duration(s.start[index]!)} ({clock(momentMs(trace.base, s.start[index]!), utc, true)})
        </p>
        <p>
          <b className="big">{duration(s.duration[index]!)}</b> <span className="muted">of it {duration(s.self[index]!)} its own</span>
        </p>
        {peers.data && peers.data.count > 1 && (
          <p className="muted">
            slower than {digits(Math.min(peers.data.percentile, 100))}&thinsp;% of {peers.data.count} like it in the last hour
            {peers.data.p50_ms !== null && ` (p50 ${duration(peers.data.p50_ms * 1e6)}, p99 ${duration((peers.data.p99_ms ?? 0) * 1e6)})`}
          </p>
        )}
      </header>
      <div role="tablist" aria-label="Span details" className="tabs">
        {(['fields', 'events', 'raw'] as const).map((t) => (
          <button key={t} type="button" role="tab" aria-selected={tab === t} onClick={() => setTab(t)}>
            {t === 'fields' ? 'Fields' : t === 'events' ? `Events ${shown ? shown.events.length + shown.links.length : ''}` : 'Raw'}
          </button>
        ))}
      </div>
      {/* The panel scrolls, so it must be reached by key. */}
      <div className="span-body" role="tabpanel" aria-label={tab} tabIndex={0}>
        {detail.error && <p className="note bad">{detail.error.message}</p>}
        {shown && tab === 'fields' && <Fields d={shown} />}
        {shown && tab === 'events' && <Events d={shown} base={trace.base} />}
        {shown && tab === 'raw' && <pre>{JSON.stringify(shown.fields, null, 2)}</pre>}
      </div>
    </aside>
  );
}

function Fields({ d }: { d: SpanDetail }): React.ReactElement {
  const [term, setTerm] = useState('');
  const own = Object.keys(d.fields).filter((n) => !d.resource.includes(n) && !d.scope.includes(n)).sort();
  const wanted = (n: string): boolean => (n + ' ' + String(d.fields[n])).toLowerCase().includes(term.toLowerCase());
  return (
    <>
      <input className="input search" aria-label="Search fields" placeholder={`Search ${Object.keys(d.fields).length} fields`} value={term} onChange={(e) => setTerm(e.target.value)} />
      {(
        [
          ['Span', own],
          ['Resource', d.resource],
          ['Scope', d.scope],
        ] as const
      ).map(([title, names]) => {
        const shown = names.filter(wanted);
        return (
          shown.length > 0 && (
            <section key={title}>
              <h3>{title}</h3>
              <dl className="fields">
                {shown.map((n) => (
                  <div key={n}>
                    <dt title={`${n} (${d.types[n]})`}>{n}</dt>
                    <dd>
                      <ValueMenu field={n} value={d.fields[n]!} />
                    </dd>
                  </div>
                ))}
              </dl>
            </section>
          )
        );
      })}
    </>
  );
}

function Events({ d, base }: { d: SpanDetail; base: string }): React.ReactElement {
  if (d.events.length + d.links.length === 0) return <p className="muted">This span has no events, logs or links.</p>;
  return (
    <>
      {d.events.map((e, i) => (
        <section key={i} className="event">
          <h3 className={e.kind === 1 ? 'error-text' : ''}>
            {e.name} <span className="muted">at {duration(Number(BigInt(e.time) - BigInt(base)))}</span>
          </h3>
          <dl className="fields">
            {Object.entries(e.fields)
              .filter(([n]) => !n.startsWith('trace.') && !n.startsWith('meta.') && n !== 'name' && n !== 'parent_name' && !n.startsWith('service.') && !n.startsWith('telemetry.') && !n.startsWith('library.') && !n.startsWith('host.'))
              .map(([n, v]) => (
                <div key={n}>
                  <dt>{n}</dt>
                  <dd className={n === 'exception.stacktrace' ? 'stack' : ''}>
                    <ValueMenu field={n} value={v} />
                  </dd>
                </div>
              ))}
          </dl>
        </section>
      ))}
      {d.links.map((l, i) => (
        <p key={i}>
          Link to <a {...linkTo(`/trace/${encodeURIComponent(l.trace_id)}?span=${l.span_id}`)}>{l.trace_id.slice(0, 16)}…</a>
        </p>
      ))}
    </>
  );
}
