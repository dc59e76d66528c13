import './trace.css';

import { useEffect, useMemo, useState } from 'react';

import { get, listen } from '../../api/client';
import type { Skeleton, Start } from '../../api/types';
import { useLoad } from '../../api/useLoad';
import { useKeys } from '../../app/keys';
import { setParams, useAddress } from '../../app/location';
import { find, flag, foldToDepth, pan, rows as rowsOf, zoom, type Row, type Window } from '../../charts/waterfall';
import { digits, duration } from '../../time/format';
import { Minimap } from './Minimap';
import { SpanPanel } from './SpanPanel';
import { Table } from './Table';
import { Tools } from './Tools';
import { Waterfall } from './Waterfall';

export default function TracePage({ id, start }: { id: string; start: Start | undefined }): React.ReactElement {
  const [version, setVersion] = useState(0);
  const skew = useAddress().searchParams.get('skew') ?? '';
  const loaded = useLoad(`trace ${id} ${version} ${skew}`, (signal) => get<Skeleton>(`trace/${encodeURIComponent(id)}`, { skew }, signal));
  const arriving = loaded.data?.arriving ?? false;
  useEffect(() => {
    if (!arriving) return;
    return listen(`trace/${encodeURIComponent(id)}/live`, { grown: () => setVersion((v) => v + 1) });
  }, [id, arriving]);
  if (loaded.error && !loaded.data) {
    return (
      <div className="page">
        <h1>Trace {id}</h1>
        <p className="note bad" role="alert">
          {loaded.error.message}
        </p>
        <button type="button" className="btn" style={{ alignSelf: 'flex-start' }} onClick={() => setVersion((v) => v + 1)}>
          Look again
        </button>
      </div>
    );
  }
  if (!loaded.data) return <div className="page" aria-busy="true" />;
  if (loaded.data.spans.id.length === 0) {
    return (
      <div className="page">
        <h1>Trace {loaded.data.trace_id}</h1>
        <p>No span of this trace has arrived, only {loaded.data.annotations.span.length} log lines or events that carry its id.</p>
      </div>
    );
  }
  return <Trace trace={loaded.data} start={start} />;
}

function Trace({ trace, start }: { trace: Skeleton; start: Start | undefined }): React.ReactElement {
  const params = useAddress().searchParams;
  const total = Math.max(trace.duration, 1);
  const selected = Math.max(trace.spans.id.indexOf(params.get('span') ?? trace.spans.id[0]!), 0);
  const view = params.get('view') === 'table' ? 'table' : 'waterfall';
  const term = params.get('find') ?? '';
  const errorsOnly = params.get('errors') === '1';
  const matchesOnly = params.get('only') === '1';
  const foldRepeats = params.get('repeats') !== 'open';
  const showCritical = params.get('critical') !== 'off';
  const root = Math.max(trace.spans.id.indexOf(params.get('root') ?? ''), -1);
  const [win, setWin] = useState<Window>({ from: 0, to: total });
  const [folded, setFolded] = useState<ReadonlySet<number>>(new Set());
  const [unfolded, setUnfolded] = useState<ReadonlySet<number>>(new Set());
  useEffect(() => setWin((w) => (w.to > total ? { from: 0, to: total } : w)), [total]);

  const matches = useMemo(() => find(trace, term), [trace, term]);
  const rows = useMemo(
    () =>
      rowsOf(trace, {
        folded, foldRepeats, unfoldedRepeats: unfolded, errorsOnly, hidden: new Set(), matches: matchesOnly ? matches : undefined, root,
      }),
    [trace, folded, foldRepeats, unfolded, errorsOnly, matchesOnly, matches, root],
  );
  const slots = useMemo(() => new Map(trace.services.map((s) => [s.name, s.slot])), [trace]);
  const slotOf = (service: number): number => slots.get(trace.strings[service] ?? '') ?? start?.services.find((s) => s.name === trace.strings[service])?.slot ?? 12;

  const at = rows.findIndex((r) => r.span === selected || r.repeats.includes(selected));
  const select = (i: number): void => setParams({ span: trace.spans.id[i] }, true);
  const toggle = (row: Row): void => {
    if (row.repeats.length > 0) setUnfolded((u) => new Set([...u, row.span]));
    else if (trace.spans.descendants[row.span]! > 0) {
      setFolded((f) => {
        const next = new Set(f);
        if (!next.delete(row.span)) next.add(row.span);
        return next;
      });
    }
  };
  const step = (by: number): void => {
    const r = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
    if (r) select(r.span);
  };
  /** Selects the next span, in order, for which test holds. */
  const seek = (by: number, test: (i: number) => boolean): void => {
    const n = trace.spans.id.length;
    for (let k = 1; k <= n; k++) {
      const i = (selected + by * k + n * k) % n;
      if (test(i)) {
        select(i);
        return;
      }
    }
  };
  const fit = (): void => {
    const s = trace.spans;
    const length = Math.max(s.duration[selected]!, total / 1e4);
    setWin({ from: Math.max(s.start[selected]! - length * 0.05, 0), to: Math.min(s.start[selected]! + length * 1.05, total) });
  };
  const middle = (win.from + win.to) / 2;
  useKeys('trace', {
    ArrowDown: ['next row', () => step(1)],
    ArrowUp: ['previous row', () => step(-1)],
    ArrowRight: ['unfold, or go to the first child', () => {
      const r = rows[at];
      if (r && (folded.has(r.span) || r.repeats.length > 0)) toggle(r);
      else step(1);
    }],
    ArrowLeft: ['fold, or go to the parent', () => {
      const r = rows[at];
      if (r && trace.spans.descendants[r.span]! > 0 && !folded.has(r.span)) toggle(r);
      else if (trace.spans.parent[selected]! >= 0) select(trace.spans.parent[selected]!);
    }],
    w: ['zoom in', () => setWin((v) => zoom(v, total, 0.6, middle))],
    s: ['zoom out', () => setWin((v) => zoom(v, total, 1 / 0.6, middle))],
    a: ['pan left', () => setWin((v) => pan(v, total, -0.2))],
    d: ['pan right', () => setWin((v) => pan(v, total, 0.2))],
    z: ['fit to the span', fit],
    0: ['whole trace', () => setWin({ from: 0, to: total })],
    c: ['fold all', () => setFolded(foldToDepth(trace, 2))],
    C: ['unfold all', () => setFolded(new Set())],
    ...Object.fromEntries([2, 3, 4, 5, 6, 7, 8, 9].map((n) => [String(n), [`fold to depth ${n}`, () => setFolded(foldToDepth(trace, n))] as [string, () => void]])),
    e: ['next error', () => seek(1, (i) => (trace.spans.flags[i]! & flag.error) !== 0)],
    E: ['previous error', () => seek(-1, (i) => (trace.spans.flags[i]! & flag.error) !== 0)],
    n: ['next match', () => matches && seek(1, (i) => matches[i] === 1)],
    N: ['previous match', () => matches && seek(-1, (i) => matches[i] === 1)],
    p: ['critical path', () => setParams({ critical: showCritical ? 'off' : undefined }, true)],
    v: ['next view', () => setParams({ view: view === 'table' ? undefined : 'table' })],
    Enter: ['make this span the root', () => setParams({ root: root === selected ? undefined : trace.spans.id[selected] })],
    Escape: ['whole trace again', () => setParams({ root: undefined })],
  });

  return (
    <div className="trace">
      <Head trace={trace} />
      <Minimap trace={trace} slotOf={slotOf} window={win} onWindow={setWin} />
      <Tools
        term={term}
        matched={matches ? matches.reduce((a, b) => a + b, 0) : undefined}
        errorsOnly={errorsOnly}
        matchesOnly={matchesOnly}
        foldRepeats={foldRepeats}
        showCritical={showCritical}
        view={view}
        root={root >= 0 ? (trace.strings[trace.spans.name[root]!] ?? '') : ''}
        onRefold={() => setUnfolded(new Set())}
      />
      <div className="body">
        {view === 'waterfall' ? (
          <Waterfall
            trace={trace} rows={rows} window={win} slotOf={slotOf} selected={selected} matches={matches} showCritical={showCritical}
            folded={folded} onSelect={select} onToggle={toggle} onWindow={setWin}
          />
        ) : (
          <Table trace={trace} slotOf={slotOf} onSelect={(i) => {
            setParams({ view: undefined, span: trace.spans.id[i] });
          }} />
        )}
        <SpanPanel trace={trace} index={selected} slot={slotOf(trace.spans.service[selected]!)} />
      </div>
    </div>
  );
}

/** What the trace is, and what its reader must know. */
function Head({ trace }: { trace: Skeleton }): React.ReactElement {
  const errors = trace.spans.flags.reduce((n, f) => n + (f & flag.error ? 1 : 0), 0);
  const root = trace.spans.parent.findIndex((p, i) => p < 0 && (trace.spans.flags[i]! & flag.placeholder) === 0);
  const first = Math.max(root, 0);
  const byService = new Map<number, number>();
  let path = 0;
  for (const [span, from, to] of trace.critical) {
    const service = trace.spans.service[span]!;
    byService.set(service, (byService.get(service) ?? 0) + to - from);
    path += to - from;
  }
  const worst = [...byService].sort((a, b) => b[1] - a[1])[0];
  const notes = [
    trace.notes.missing_parents > 0 && `${trace.notes.missing_parents} missing parents: sampled out, late, or from a service that is not instrumented`,
    trace.notes.loops > 0 && `${trace.notes.loops} loops of parents were cut`,
    trace.notes.duplicates > 0 && `${trace.notes.duplicates} span ids were used twice`,
    ...trace.notes.skew.map((s) => `clock of ${s.service}${s.host && ` on ${s.host}`} corrected by ${s.ns < 0 ? '−' : ''}${duration(Math.abs(s.ns))}`),
    trace.truncated && `only the first ${trace.spans.id.length} of ${trace.total_spans} spans are shown`,
    trace.arriving && 'still arriving',
  ].filter(Boolean) as string[];
  const copy = (text: string): void => void navigator.clipboard.writeText(text);
  const xray = trace.trace_id.length === 32 ? `1-${trace.trace_id.slice(0, 8)}-${trace.trace_id.slice(8)}` : trace.trace_id;
  return (
    <header className="trace-head">
      <div className="row">
        <h1 className="clip">
          <span className="muted">{trace.strings[trace.spans.service[first]!]}</span> {trace.strings[trace.spans.name[first]!] || '(no name)'}
        </h1>
        <span className="grow" />
        <button type="button" className="btn small" onClick={() => copy(location.href)}>
          Copy link
        </button>
        <button type="button" className="btn small" onClick={() => copy(trace.trace_id)} title={trace.trace_id}>
          Copy trace id
        </button>
        <button type="button" className="btn small" onClick={() => copy(xray)} title={xray}>
          Copy X-Ray id
        </button>
      </div>
      <p className="facts">
        <b>{duration(trace.duration)}</b> · {trace.total_spans} spans · {trace.services.length} services ·{' '}
        <span className={errors > 0 ? 'error-text' : ''}>{errors} errors</span>
        {worst && path > 0 && trace.services.length > 1 && (
          <>
            {' '}
            · critical path {digits((100 * worst[1]) / path)}&thinsp;% in {trace.strings[worst[0]]}
          </>
        )}{' '}
        <code className="muted">{trace.trace_id}</code>
      </p>
      {notes.length > 0 && <p className="notes muted">{notes.join(' · ')}</p>}
    </header>
  );
}
