import { useEffect } from 'react';

import { mark, nameOf, serviceOf, type TraceModel } from '../../charts/model';
import { go, linkTo } from '../../app/location';
import { CopyButton } from '../../widgets/CopyButton';
import { Menu } from '../../widgets/Menu';
import { clock, count, day, digits, duration, momentMs } from '../../time/format';
import { usePrefs } from '../../app/prefs';
import { lastList, noteTrace } from '../../app/recent';
import { outline, spansAsJSON, spansAsOTLP } from './copy';
import { linkedSpan } from './Links';
import type { TraceState } from './url';
import type { TraceLinks } from './useLinks';

interface Props {
  trace: TraceModel;
  links: TraceLinks | undefined;
  state: TraceState;
  set: (change: Partial<TraceState>, replace?: boolean) => void;
}

/** What the trace is, and what its reader must know. */
export function Head({ trace, links, state, set }: Props): React.ReactElement {
  const { utc } = usePrefs();
  const root = trace.root;
  const http = trace.spans.http[root]!;
  const errors = trace.services.reduce((n, s) => n + s.errors, 0);
  const reported = trace.annotations.kind.reduce((n, k) => n + (k === mark.errorItem ? 1 : 0), 0);
  const worst = criticalShare(trace);
  const notes = notesOf(trace);
  const at = momentMs(trace.base);
  const title = `${serviceOf(trace, root)} ${nameOf(trace, root)} · Oriel`;
  useEffect(() => {
    document.title = title;
    noteTrace({ to: `/trace/${encodeURIComponent(trace.id)}`, title: title.slice(0, -' · Oriel'.length) });
  }, [title, trace.id]);
  return (
    <header className="trace-head">
      <div className="row">
        <a className="btn small bare back" {...linkTo(lastList())} title="Back to the list, as it was">
          ← Traces
        </a>
        <h1 className="clip">
          <span className={errors > 0 ? 'state bad' : 'state'} title={errors > 0 ? 'has errors' : 'no errors'} aria-hidden="true" />
          <span className="muted">{serviceOf(trace, root)}</span> {nameOf(trace, root)}
        </h1>
        {http > 0 && <span className={http >= 400 ? 'badge' : 'badge quiet'}>{http}</span>}
        <span className="grow" />
        <a className="btn small lines-link" {...linkTo(linesOf(trace))} title="What the services printed while they served it">
          Log lines
        </a>
        <CopyButton className="btn small" label="Copy link" text={() => location.href} />
        <Menu
          label="Copy"
          className="btn small"
          items={[
            ['Trace id', () => trace.id],
            ['X-Ray trace id', () => xrayId(trace.id)],
            ['Outline as text', () => outline(trace)],
            ['Spans as JSON', () => spansAsJSON(trace, state.keepClocks)],
            ['Spans as OTLP JSON', () => spansAsOTLP(trace)],
          ].map(([name, text]) => ({
            label: name as string,
            run: () => void Promise.resolve((text as () => string | Promise<string>)()).then((t) => navigator.clipboard.writeText(t)),
          }))}
        />
      </div>
      <p className="facts">
        <b>{duration(trace.total)}</b>
        <span>{trace.totalSpans === 1 ? '1 span' : `${count(trace.totalSpans)} spans`}</span>
        <span>{trace.services.length === 1 ? '1 service' : `${trace.services.length} services`}</span>
        <span className={errors > 0 ? 'error-text' : ''} title="Spans that failed">
          {errors === 1 ? '1 error' : `${errors} errors`}
        </span>
        {reported > 0 && (
          <span className="error-text" title="Errors that an SDK of Rollbar reported, as rows below">
            {reported === 1 ? '1 reported error' : `${count(reported)} reported errors`}
          </span>
        )}
        {worst && (
          <span>
            critical path {digits(worst.percent)}
            {'\u2009'}% in {worst.service}
          </span>
        )}
        <span>
          {day(at, utc)} {clock(at, utc, true)}
        </span>
        <Linked data={links} />
        <Ids id={trace.id} />
      </p>
      {notes.length > 0 && (
        <p className="notes">
          {notes.join(' · ')}
          {trace.notes.skew.length > 0 && (
            <>
              {' · '}
              <button type="button" className="link accent" onClick={() => set({ keepClocks: !state.keepClocks }, false)}>
                show the clocks as sent
              </button>
            </>
          )}
        </p>
      )}
      {state.keepClocks && (
        <p className="notes">
          clocks are shown as sent ·{' '}
          <button type="button" className="link accent" onClick={() => set({ keepClocks: false }, false)}>
            correct them
          </button>
        </p>
      )}
    </header>
  );
}

const mostLinked = 20;

/** The traces that this one goes on with, or that go on with it. */
function Linked({ data }: { data: TraceLinks | undefined }): React.ReactElement | null {
  const links = [...new Map((data?.links ?? []).map((l) => [l.trace_id, l])).values()];
  if (links.length === 0) return null;
  return (
    <Menu
      label={links.length === 1 ? '1 linked trace' : `${count(links.length)} linked traces`}
      className="link accent"
      items={links.slice(0, mostLinked).map((l) => {
        const other = data?.traces.find((t) => t.trace_id === l.trace_id);
        const name = other ? `${other.root.service} ${other.root.name}, ${duration(other.duration)}` : 'not here';
        return { label: `${l.upstream ? 'Before' : 'After'}: ${name} · ${l.trace_id.slice(0, 8)}…`, run: () => go(linkedSpan(l)) };
      })}
    />
  );
}

/** The id as W3C and as X-Ray writes it; each is copied by a click. */
function Ids({ id }: { id: string }): React.ReactElement {
  const ids = [id, ...(xrayId(id) === id ? [] : [xrayId(id)])];
  return (
    <span className="ids">
      {ids.map((text) => (
        <CopyButton key={text} className="link id" label={text} title="Copy this id" text={() => text} />
      ))}
    </span>
  );
}

const xrayId = (id: string): string => (id.length === 32 ? `1-${id.slice(0, 8)}-${id.slice(8)}` : id);

/** The lines of a trace, in the order in which they were printed, with a minute around it. */
function linesOf(t: TraceModel): string {
  const around = 60_000_000_000n;
  const [from, to] = [BigInt(t.base) - around, BigInt(t.base) + BigInt(Math.ceil(t.total)) + around];
  const p = new URLSearchParams({ from: String(from), to: String(to), where: `trace.trace_id = "${t.id}"`, order: 'asc' });
  return `/logs?${p.toString()}`;
}

/** The service that most of the critical path is spent in. */
function criticalShare(t: TraceModel): { service: string; percent: number } | undefined {
  if (t.services.length < 2) return undefined;
  const by = new Map<number, number>();
  let path = 0;
  for (const [span, from, to] of t.critical) {
    const service = t.spans.service[span]!;
    by.set(service, (by.get(service) ?? 0) + to - from);
    path += to - from;
  }
  const [service, most] = [...by].sort((a, b) => b[1] - a[1])[0] ?? [0, 0];
  return path > 0 ? { service: t.strings[service] ?? '', percent: (100 * most) / path } : undefined;
}

function notesOf(t: TraceModel): string[] {
  const n = t.notes;
  const notes: string[] = [];
  if (n.missing_parents > 0) {
    notes.push(
      `${n.missing_parents === 1 ? '1 parent is' : `${n.missing_parents} parents are`} missing: sampled out, late, or from a service that is not instrumented`,
    );
  }
  if (n.loops > 0) notes.push(`${n.loops === 1 ? '1 loop' : `${n.loops} loops`} of parents cut`);
  if (n.duplicates > 0) notes.push(`${n.duplicates === 1 ? '1 span id was' : `${n.duplicates} span ids were`} used more than once`);
  for (const s of n.skew)
    notes.push(`clock of ${s.service}${s.host && ` on ${s.host}`} corrected by ${s.ns < 0 ? '−' : ''}${duration(Math.abs(s.ns))}`);
  if (t.truncated)
    notes.push(`${count(t.count)} of ${count(t.totalSpans)} spans are shown: roots, errors and the longest, with all above them`);
  if (t.arriving) notes.push('still arriving');
  return notes;
}
