import './traces.css';

import { useEffect, useRef, useState } from 'react';

import { get } from '../../api/client';
import type { Latency, Start, TraceGroup, TraceList } from '../../api/types';
import { useLoad } from '../../api/useLoad';
import { useKeys } from '../../app/keys';
import { go, linkTo, setParams, useAddress } from '../../app/location';
import { ago, count, momentMs } from '../../time/format';
import { Groups } from './Groups';
import { LatencyChart } from './LatencyChart';
import { TimePicker } from './TimePicker';
import { TraceTable } from './TraceTable';
import { decode, encode, query, type TracesState } from './url';

const pageSize = 100;

export default function TracesPage({ start }: { start: Start | undefined }): React.ReactElement {
  const url = useAddress();
  const state = decode(url.searchParams);
  const [refresh, setRefresh] = useState(0);
  const key = JSON.stringify(query(state)) + refresh;
  const groups = useLoad(`groups ${key}`, (signal) => get<{ groups: TraceGroup[] }>('traces/groups', query({ ...state, name: '' }), signal));
  const latency = useLoad(`latency ${key}`, (signal) => get<Latency>('traces/latency', query(state), signal));
  const list = useTraceList(state, key);
  const [focused, setFocused] = useState(-1);
  const field = useRef<HTMLInputElement>(null);
  const set = (change: Partial<TracesState>): void => setParams(encode(change));
  const traces = list.traces;
  useKeys('traces', {
    '/': ['filter', () => field.current?.focus()],
    j: ['next trace', () => setFocused((f) => Math.min(f + 1, traces.length - 1))],
    k: ['previous trace', () => setFocused((f) => Math.max(f - 1, 0))],
    Enter: ['open the trace', () => traces[focused] && go(`/trace/${encodeURIComponent(traces[focused].trace_id)}`)],
    e: ['only traces with errors', () => set({ errors: !state.errors })],
    r: ['look again', () => setRefresh((n) => n + 1)],
    '-': ['look at twice the time', () => set(twice(state))],
  });
  useEffect(() => {
    document.querySelector('tr[data-focused]')?.scrollIntoView({ block: 'nearest' });
  }, [focused]);
  const error = list.error ?? groups.error ?? latency.error;
  const loading = list.loading || groups.loading || latency.loading;
  return (
    <div className="page traces-page">
      <h1 className="sr">Traces</h1>
      <div className={loading ? 'progress on' : 'progress'} />
      <div className="row tools">
        <form
          className="grow"
          onSubmit={(e) => {
            e.preventDefault();
            set({ q: field.current!.value });
          }}
        >
          <input
            key={state.q}
            ref={field}
            className={error?.position !== undefined ? 'input bad wide' : 'input wide'}
            defaultValue={state.q}
            aria-label="Filter"
            placeholder="Filter by any span: http.route = &quot;/home&quot; AND duration_ms > 500ms  (press /)"
          />
        </form>
        <TimePicker range={state} onChange={(r) => set(r)} />
        <button type="button" className="btn small" onClick={() => setRefresh((n) => n + 1)} title="Look again (r)">
          Refresh
        </button>
      </div>
      <Chips state={state} start={start} set={set} />
      {error && (
        <p className="note bad" role="alert">
          {error.message}
          {error.position !== undefined && ` (at character ${error.position + 1})`} <span className="muted">{error.requestId && `request ${error.requestId}`}</span>
        </p>
      )}
      <LatencyChart
        data={latency.data}
        onPick={(from, to, min, max) => set({ from, to, min: min ? min.toFixed(3) : state.min, max: max ? max.toFixed(3) : state.max })}
      />
      {(groups.data?.groups.length ?? 0) > 0 && (
        <Groups groups={groups.data!.groups} chosen={state.name} onChoose={(g) => set({ name: g?.name ?? '', service: g ? [g.service] : [] })} />
      )}
      <section className="panel" aria-label="Traces">
        {traces.length > 0 ? (
          <TraceTable
            traces={traces}
            base={list.base}
            sort={state.sort}
            order={state.order}
            focused={focused}
            onSort={(s) => set({ sort: s, order: s === state.sort && state.order === 'desc' ? 'asc' : 'desc' })}
          />
        ) : (
          !list.loading && !error && <Nothing state={state} start={start} set={set} />
        )}
        {list.next && (
          <p className="more">
            <button type="button" className="btn" onClick={list.more} disabled={list.loading}>
              Show more
            </button>
          </p>
        )}
      </section>
      {traces.length > 0 && (
        <p className="muted foot">
          {traces.length} traces shown{list.next ? ', there are more' : ''} · {count(list.scanned)} rows looked at · {Math.round(list.elapsed)} ms
          {!list.complete && ' · part of the data could not be read'}
        </p>
      )}
    </div>
  );
}

interface Listing { traces: TraceList['traces']; base: string; next: string; scanned: number; elapsed: number; complete: boolean; loading: boolean; error: ReturnType<typeof useLoad>['error']; more: () => void }

/** The list, page after page. */
function useTraceList(state: TracesState, key: string): Listing {
  const [limit, setLimit] = useState(pageSize);
  useEffect(() => setLimit(pageSize), [key]);
  const params = { ...query(state), sort: state.sort, order: state.order, limit: String(Math.min(limit, 1000)) };
  const { data, error, loading } = useLoad(`list ${key} ${state.sort} ${state.order} ${limit}`, (signal) => get<TraceList>('traces', params, signal));
  return {
    traces: data?.traces ?? [], base: data?.base ?? '0', next: limit < 1000 ? (data?.next ?? '') : '', scanned: data?.scanned ?? 0,
    elapsed: data?.elapsed_ms ?? 0, complete: data?.complete ?? true, loading, error, more: () => setLimit((n) => n + 200),
  };
}

function twice(s: TracesState): Partial<TracesState> {
  const m = /^now-(\d+)([mhd])$/.exec(s.from);
  return s.to === 'now' && m ? { from: `now-${Number(m[1]) * 2}${m[2]}` } : {};
}

function Chips({ state, start, set }: { state: TracesState; start: Start | undefined; set: (c: Partial<TracesState>) => void }): React.ReactElement {
  const chip = (text: string, clear: Partial<TracesState>): React.ReactElement => (
    <span key={text} className="chip">
      {text}
      <button type="button" aria-label={`Remove ${text}`} onClick={() => set(clear)}>
        ×
      </button>
    </span>
  );
  return (
    <div className="row chips">
      <select
        className="input"
        aria-label="Service"
        value=""
        onChange={(e) => set({ service: [...new Set([...state.service, e.target.value])] })}
      >
        <option value="">Touches service…</option>
        {[...(start?.services ?? [])].sort((a, b) => a.name.localeCompare(b.name)).map((s) => (
          <option key={s.name}>{s.name}</option>
        ))}
      </select>
      <button type="button" className="btn" aria-pressed={state.errors} onClick={() => set({ errors: !state.errors })}>
        Errors
      </button>
      {state.service.map((s) => chip(`service ${s}`, { service: state.service.filter((x) => x !== s) }))}
      {state.name && chip(`root ${state.name}`, { name: '' })}
      {state.min && chip(`at least ${state.min} ms`, { min: '' })}
      {state.max && chip(`at most ${state.max} ms`, { max: '' })}
    </div>
  );
}

function Nothing({ state, start, set }: { state: TracesState; start: Start | undefined; set: (c: Partial<TracesState>) => void }): React.ReactElement {
  if (start && !start.has_data) {
    return (
      <div className="empty">
        <h2>Nothing has been sent yet</h2>
        <p>
          The <a {...linkTo('/setup')}>set-up page</a> has the three lines that a service needs.
        </p>
      </div>
    );
  }
  const filtered = state.q || state.service.length > 0 || state.name || state.errors || state.min || state.max;
  return (
    <div className="empty">
      <h2>No traces {filtered ? 'match' : 'in this range'}</h2>
      {filtered ? (
        <button type="button" className="btn" onClick={() => set({ q: '', service: [], name: '', errors: false, min: '', max: '' })}>
          Remove the filters
        </button>
      ) : (
        start?.last_event && (
          <p>
            The last event came {ago(Date.now() - momentMs(start.last_event))}.{' '}
            <button
              type="button"
              className="btn small"
              onClick={() => set({ from: String(BigInt(start.last_event) - 1800000000000n), to: String(BigInt(start.last_event) + 1000000000n) })}
            >
              Go there
            </button>
          </p>
        )
      )}
    </div>
  );
}
