import { useEffect, useState } from 'react';

import { get, post } from '../../api/client';
import type { Peers, SpanDetail } from '../../api/types';
import { useLoad, type Loaded } from '../../api/useLoad';
import { linkTo } from '../../app/location';
import { usePrefs } from '../../app/prefs';
import { flag, mark, nameOf, serviceOf, type TraceModel } from '../../charts/model';
import { clock, count, duration, momentMs } from '../../time/format';
import { filterText } from '../../query/copyAs';
import { asCurl } from '../../query/curl';
import { bubbleUp } from '../../query/links';
import { around } from '../../time/range';
import { CopyButton } from '../../widgets/CopyButton';
import { Tabs } from '../../widgets/Tabs';
import { Links } from './Links';
import { SpanEvents } from './SpanEvents';
import { SpanFields } from './SpanFields';
import { serviceMark } from './serviceMark';
import { standingOf } from './summary';
import type { TraceLinks } from './useLinks';
import { XRayTab } from './XRayTab';

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

/** A held arrow key passes many spans: only where it rests is asked for. */
function useRested<T>(value: T, ms: number): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return rested;
}

/** All about the selected span. */
export function SpanPanel({
  trace,
  links,
  index,
  line,
  keepClocks,
  isRoot,
  onSelect,
  onRoot,
}: {
  trace: TraceModel;
  links: Loaded<TraceLinks>;
  index: number;
  /** A log line or error of it that is selected, -1 for none. */
  line: number;
  /** Whether the trace was loaded with its clocks as sent: the order of spans depends on it. */
  keepClocks: boolean;
  isRoot: boolean;
  onSelect: (i: number) => void;
  /** Makes the span the root of what is shown. */
  onRoot: () => void;
}): React.ReactElement {
  const s = trace.spans;
  const [tab, setTab] = useState('fields');
  const [lineSeen, setLineSeen] = useState(-1);
  if (lineSeen !== line) {
    setLineSeen(line);
    if (line >= 0) setTab('events');
  }
  const asked = useRested(index, 80);
  const missing = (s.flags[index]! & flag.placeholder) !== 0;
  const above = s.parent[asked] ?? -1;
  const indexes = above >= 0 && (s.flags[above]! & flag.placeholder) === 0 ? [asked, above] : [asked];
  const detail = useLoad(`span ${trace.id} ${asked} ${trace.count} ${keepClocks}`, (signal) =>
    post<{ spans: SpanDetail[] }>(`trace/${encodeURIComponent(trace.id)}/spans`, { indexes, skew: !keepClocks }, signal),
  );
  // The trace may have grown since the page looked: then another span stands at the index, and the page is about to hear of it.
  const first = detail.data?.spans[0];
  const shown = first?.index === index && first.id === s.id[index] ? first : undefined;
  const curl = shown && asCurl(shown.fields);
  const extra = shown?.events.length ?? 0;
  const own = links.data?.links.filter((l) => l.span_id === s.id[index]).length ?? 0;
  return (
    <aside className="span-panel" aria-label="Span">
      <Title trace={trace} index={index} onSelect={onSelect} />
      {!missing && <Standing trace={trace} index={asked} />}
      <p className="actions row">
        {s.descendants[index]! > 0 && !isRoot && (
          <button type="button" className="btn small" onClick={onRoot} title="Show only this span and what is below it (Enter)">
            Root here
          </button>
        )}
        {curl && <CopyButton className="btn small" label="Copy as curl" title={curl} text={() => curl} />}
      </p>
      {missing ? (
        <p className="pad">
          Some span of this trace names this one as its parent, but it is not here. It may have been sampled out, come late, or its service
          may not send traces.
        </p>
      ) : (
        <>
          <Tabs
            label="Span details"
            panel="panel-span"
            chosen={tab}
            onChoose={setTab}
            tabs={[
              ['fields', 'Fields'],
              ['events', extra > 0 ? `Events ${extra}` : 'Events'],
              ['links', own > 0 ? `Links ${own}` : 'Links'],
              ['xray', 'X-Ray'],
              ['raw', 'Raw'],
            ]}
          />
          <div className="span-body" role="tabpanel" id="panel-span" aria-labelledby={`tab-${tab}`} tabIndex={0} aria-busy={!shown}>
            {detail.error && <p className="note bad">{detail.error.message}</p>}
            {shown && tab === 'fields' && <SpanFields detail={shown} parent={detail.data?.spans[1]} />}
            {shown && tab === 'events' && (
              <SpanEvents detail={shown} start={s.start[index]!} base={trace.base} chosen={ordinalOf(trace, index, line)} />
            )}
            {shown && tab === 'links' && <Links loaded={links} span={shown.id} />}
            {shown && tab === 'xray' && <XRayTab trace={trace} id={shown.id} />}
            {shown && tab === 'raw' && (
              <>
                <CopyButton className="btn small" label="Copy JSON" text={() => JSON.stringify(shown, null, 2)} />
                <pre>{JSON.stringify(shown.fields, null, 2)}</pre>
              </>
            )}
          </div>
        </>
      )}
    </aside>
  );
}

/** Which of a span's events, in the order the server gives them, an annotation is; -1 for none. */
function ordinalOf(t: TraceModel, i: number, line: number): number {
  if (line < 0 || t.annotations.span[line] !== i) return -1;
  let n = 0;
  for (const a of t.markList.subarray(t.markStart[i], t.markStart[i + 1])) {
    if (a === line) return n;
    if (t.annotations.kind[a] !== mark.link) n++;
  }
  return -1;
}

function Title({ trace, index, onSelect }: { trace: TraceModel; index: number; onSelect: (i: number) => void }): React.ReactElement {
  const { utc } = usePrefs();
  const s = trace.spans;
  const parent = s.parent[index]!;
  return (
    <header>
      <h2>
        <span className="bar-mark" style={serviceMark(trace, index)} />
        <span className="title" title={nameOf(trace, index)}>
          {nameOf(trace, index)}
        </span>
      </h2>
      <p className="muted">
        {[serviceOf(trace, index), kinds[s.kind[index]!], (s.flags[index]! & flag.error) !== 0 && 'error'].filter(Boolean).join(' · ')}
        {parent >= 0 && (
          <>
            {' · under '}
            <button type="button" className="link accent" onClick={() => onSelect(parent)}>
              {nameOf(trace, parent)}
            </button>
          </>
        )}
      </p>
      <p className="figures">
        <b className="big">{duration(s.duration[index]!)}</b>
        <span className="muted">own {duration(s.self[index]!)}</span>
        <span className="muted">
          starts at {s.start[index] === 0 ? '0' : duration(s.start[index]!)}, {clock(momentMs(trace.base, s.start[index]!), utc, true)}
        </span>
      </p>
    </header>
  );
}

const halfHour = 30 * 60_000;

/** Where the span stands among those of the same operation in the last hour. */
function Standing({ trace, index }: { trace: TraceModel; index: number }): React.ReactElement | null {
  const s = trace.spans;
  const [service, name] = [serviceOf(trace, index), trace.strings[s.name[index]!] ?? ''];
  const ns = s.duration[index]!;
  const peers = useLoad(`peers ${service} ${name} ${s.kind[index]} ${ns}`, (signal) =>
    get<Peers>('peers', { service, name, kind: kinds[s.kind[index]!], duration_ns: String(ns) }, signal),
  );
  const p = peers.data;
  // The room is kept, so that what is below stays where it is.
  if (!p && peers.loading) return <div className="standing" style={{ height: 74 }} aria-busy />;
  if (!p || p.count < 2) return null;
  const like = `${filterText('service.name', service)} AND ${filterText('name', name)}`;
  const against = bubbleUp(like, `f:${filterText('trace.span_id', s.id[index]!)}`, around(BigInt(trace.base), halfHour));
  const h = p.histogram;
  const ms = ns / 1e6;
  const most = h.counts.reduce((a, b) => Math.max(a, b), 1);
  const guess =
    h.max_ms > h.min_ms
      ? Math.min(Math.max(Math.floor((Math.log(ms / h.min_ms) / Math.log(h.max_ms / h.min_ms)) * h.counts.length), 0), h.counts.length - 1)
      : 0;
  const at = nearestFilled(h.counts, guess);
  return (
    <div className={peers.loading ? 'standing stale' : 'standing'} aria-busy={peers.loading}>
      <p className="row">
        <span className="grow">{standingOf(p)} in the last hour</span>
        <a {...linkTo(against)} title="BubbleUp: this span against its peers">
          What is different
        </a>
      </p>
      <div
        className="hist"
        role="img"
        aria-label={`Durations of ${count(p.count)} spans from ${duration(h.min_ms * 1e6)} to ${duration(h.max_ms * 1e6)}; this one is marked`}
      >
        {h.counts.map((n, i) => (
          <span
            key={i}
            className={i === at ? 'here' : ''}
            style={{ height: n > 0 ? `${Math.max((100 * Math.sqrt(n)) / Math.sqrt(most), 6)}%` : i === at ? '100%' : 0 }}
          />
        ))}
      </div>
      <p className="muted ends">
        <span>{duration(h.min_ms * 1e6)}</span>
        <span>
          p50 {duration((p.p50_ms ?? 0) * 1e6)} · p95 {duration((p.p95_ms ?? 0) * 1e6)} · p99 {duration((p.p99_ms ?? 0) * 1e6)}
        </span>
        <span>{duration(h.max_ms * 1e6)}</span>
      </p>
    </div>
  );
}

/** The bucket with spans in it that is nearest: the span is one of them, and rounding may put it beside its own. */
function nearestFilled(counts: readonly number[], at: number): number {
  for (let d = 0; d < counts.length; d++) {
    if ((counts[at - d] ?? 0) > 0) return at - d;
    if ((counts[at + d] ?? 0) > 0) return at + d;
  }
  return at;
}
