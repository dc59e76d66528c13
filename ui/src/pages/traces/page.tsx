import './traces.css';

import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import { get } from '../../api/client';
import type { Latency, Start, TraceGroup } from '../../api/types';
import { useLoad } from '../../api/useLoad';
import { useKeys } from '../../app/keys';
import { go, setParams, useAddress } from '../../app/location';
import { noteList } from '../../app/recent';
import { LatencyChart } from '../../charts/LatencyChart';
import { count } from '../../time/format';
import { useMarkers } from '../../query/useMarkers';
import { FilterBar } from '../../query/trace/FilterBar';
import { Failed } from '../../widgets/Failed';
import { Refresh } from '../../widgets/Refresh';
import { TimePicker } from '../../widgets/TimePicker';
import { Analytics } from './Analytics';
import { Chips } from './Chips';
import { Groups } from './Groups';
import { Nothing } from './Nothing';
import { TraceTable } from './TraceTable';
import { decode, encode, query, type TracesState } from './url';
import { useTraceList } from './useTraceList';

const set = (c: Partial<TracesState>): void => setParams(encode(c));

/** Which requests there were, how long they took, and which failed. */
export default function TracesPage({ start }: { start: Start | undefined }): React.ReactElement {
  const url = useAddress();
  const state = decode(url.searchParams);
  const [turn, setTurn] = useState(0);
  const [every, setEvery] = useState(0);
  const [loadedAt, setLoadedAt] = useState(0);
  const refresh = useCallback(() => setTurn((n) => n + 1), []);
  const run = `${JSON.stringify(query(state))} ${url.searchParams.get('env') ?? ''} ${turn}`;
  const groups = useLoad(`groups ${run}`, (signal) =>
    get<{ groups: TraceGroup[]; more: boolean }>('traces/groups', query({ ...state, name: '' }), signal),
  );
  const latency = useLoad(`latency ${run}`, (signal) => get<Latency>('traces/latency', query(state), signal));
  const markers = useMarkers(latency.data?.base);
  const list = useTraceList(state, run);
  useEffect(() => setLoadedAt(Date.now()), [latency.data]);
  useEffect(() => {
    document.title = 'Traces · Oriel';
  }, []);
  useEffect(() => noteList(url.search), [url.search]);
  const [focused, setFocused] = useState(-1);
  const field = useRef<HTMLInputElement>(null);
  const { traces } = list;
  const services = useMemo(() => (start?.services ?? []).map((s) => s.name), [start]);
  const analytics = state.view === 'analytics';
  const move = (by: number): void => setFocused((f) => Math.min(Math.max(f + by, 0), traces.length - 1));
  const open = (): void => {
    const t = traces[focused];
    if (t) go(`/trace/${encodeURIComponent(t.trace_id)}`);
  };
  useKeys('Traces', {
    '/': ['filter', () => field.current?.focus()],
    j: ['next trace', () => move(1)],
    k: ['previous trace', () => move(-1)],
    ArrowDown: ['', () => move(1)],
    ArrowUp: ['', () => move(-1)],
    Enter: ['open the trace', open],
    o: [
      'open it in a new tab',
      () => traces[focused] && window.open(`./trace/${encodeURIComponent(traces[focused].trace_id)}`, '_blank', 'noopener'),
    ],
    Home: ['', () => setFocused(0)],
    End: ['', () => setFocused(traces.length - 1)],
    'Ctrl+Enter': ['', open],
    e: ['only traces with errors', () => set({ errors: !state.errors })],
    v: ['operations or analytics', () => set({ view: analytics ? 'list' : 'analytics' })],
    r: ['look again', refresh],
    l: ['look again every 5 s', () => setEvery((n) => (n > 0 ? 0 : 5))],
  });
  useEffect(() => {
    document.querySelector('tr[data-focused]')?.scrollIntoView({ block: 'nearest' });
  }, [focused]);
  const error = list.error ?? groups.error ?? latency.error;
  const retryIn = groups.retryIn ?? latency.retryIn;
  const loading = list.loading || groups.loading || latency.loading;
  const found = groups.data?.groups ?? [];
  return (
    <div className="page traces-page" aria-busy={loading}>
      <h1 className="sr">Traces</h1>
      <div className={loading ? 'progress on' : 'progress'} />
      <div className="tools">
        <FilterBar
          name="Traces"
          hint="/"
          field={field}
          q={state.q}
          services={services}
          error={error?.position !== undefined ? error : undefined}
          onChange={(q) => set({ q })}
        />
        <TimePicker range={state} onChange={set} />
        <Refresh every={every} onEvery={setEvery} loadedAt={loadedAt} onRefresh={refresh} />
      </div>
      <Chips state={state} start={start} set={set} />
      {error && error.position === undefined && <Failed error={error} retryIn={retryIn} onAgain={refresh} />}
      <div className="views" role="group" aria-label="View">
        <button type="button" className="btn small" aria-pressed={!analytics} onClick={() => set({ view: 'list' })}>
          Operations
        </button>
        <button
          type="button"
          className="btn small"
          aria-pressed={analytics}
          title="What tells traces apart (v)"
          onClick={() => set({ view: 'analytics' })}
        >
          Analytics
        </button>
      </div>
      {analytics && <Analytics state={state} run={run} set={set} />}
      {!analytics && (latency.data || !error) && (
        <LatencyChart
          title="How long traces took"
          of="traces"
          data={latency.data}
          markers={markers}
          onPick={(from, to, min, max) => set({ from, to, min: min ? min.toFixed(3) : state.min, max: max ? max.toFixed(3) : state.max })}
        />
      )}
      {!analytics && groups.loading && !groups.data && <div className="panel groups waiting" />}
      {!analytics && found.length > 0 && (
        <Groups groups={found} chosen={state.name} onChoose={(g) => set({ name: g?.name ?? '', service: g ? [g.service] : [] })} />
      )}
      <section className="panel list" aria-label="Traces" hidden={traces.length === 0 && error !== undefined}>
        {traces.length > 0 && (
          <TraceTable
            traces={traces}
            base={list.base}
            sort={state.sort}
            order={state.order}
            focused={focused}
            onSort={(s) => set({ sort: s, order: s === state.sort && state.order === 'desc' ? 'asc' : 'desc' })}
          />
        )}
        {traces.length === 0 && !loading && !error && <Nothing state={state} start={start} set={set} />}
        {traces.length === 0 && list.loading && <div className="empty muted">Looking…</div>}
      </section>
      {traces.length > 0 && (
        <p className="foot muted" role="status">
          {count(traces.length)} traces{list.more ? ', and more' : ''} · {count(list.scanned)} rows looked at in {Math.round(list.elapsed)}
          {'\u2009'}ms
          {!list.complete && ' · part of the data could not be read'}
          {list.more && (
            <button type="button" className="btn small" onClick={list.loadMore} disabled={list.loading}>
              Show more
            </button>
          )}
        </p>
      )}
    </div>
  );
}
