import { useMemo, useState } from 'react';

import { get } from '../../api/client';
import type { AnalyticsTable, AnalyticsValue, TraceAnalytics } from '../../api/map';
import type { TraceList } from '../../api/types';
import { usePrefs } from '../../app/prefs';
import { BrushBars } from '../../charts/BrushBars';
import { logMarks } from '../../charts/brushBars';
import { ms, percent } from '../../charts/figures';
import { timeMarks } from '../../charts/scale';
import { useMarkers } from '../../query/useMarkers';
import { clock, count, digits, duration, momentMs } from '../../time/format';
import { resolve } from '../../time/range';
import { Explain } from './Explain';
import { bounds, texts, type TracesState } from './url';
import { useAnalytics } from './useAnalytics';

interface Props {
  state: TracesState;
  run: string;
  set: (c: Partial<TracesState>) => void;
}

/** Traces in one or two sets by response time, over time, and by what tells them apart. */
export function Analytics({ state, run, set }: Props): React.ReactElement {
  const { utc } = usePrefs();
  const [explained, setExplained] = useState<{ a: string[]; b: string[] }>();
  const [busy, setBusy] = useState('');
  const whole = texts({ ...state, min: '', max: '' });
  const b = state.b;
  const range = { from: state.from, to: state.to };
  const setsFor = (more: string[]): object => ({
    a: { ...range, q: [...whole, ...more] },
    ...(b && { b: { ...range, q: [...b, ...more] } }),
  });
  const picked = bounds(state);
  const all = useAnalytics(`analytics ${run} ${JSON.stringify([whole, b])}`, setsFor([]));
  // What is picked narrows the tables; the charts keep showing what it was picked of.
  const part = useAnalytics(
    `analytics of a part ${run} ${JSON.stringify([whole, b, picked])}`,
    picked.length > 0 ? setsFor(picked) : undefined,
  );
  const d = all.data;
  const shown = (picked.length > 0 ? part.data : undefined) ?? d;
  const log = d ? Math.log(d.max_ms / d.min_ms) : 0;
  const value = (at: number): number => d!.min_ms * Math.exp(at * log);
  const place = (v: string, none: number): number =>
    v && log > 0 ? Math.min(Math.max(Math.log(Number(v) / d!.min_ms) / log, 0), 1) : none;
  const baseMs = d ? momentMs(d.base) : 0;
  const lengthMs = d ? Math.max((d.buckets * d.step) / 1e6, 1) : 1;
  const distributions = useMemo(() => d?.sets.map((s) => s.distribution) ?? [], [d]);
  const activities = useMemo(() => d?.sets.map((s) => s.activity) ?? [], [d]);
  const lengths = useMemo(() => (d ? logMarks(d.min_ms, d.max_ms).map((m) => ({ at: m.at, label: duration(m.value * 1e6) })) : []), [d]);
  const times = useMemo(
    () => (d ? timeMarks(baseMs, baseMs + lengthMs, 600, utc).map((m) => ({ at: (m.at - baseMs) / lengthMs, label: m.label })) : []),
    [d, baseMs, lengthMs, utc],
  );
  const marked = useMarkers(d?.base);
  const markers = useMemo(
    () => marked.map((m) => ({ ...m, from: m.from / (lengthMs * 1e6), to: m.to / (lengthMs * 1e6) })),
    [marked, lengthMs],
  );
  const add = (v: AnalyticsValue): void => (b ? set({ b: [...b, v.filter] }) : set({ f: [...state.f, v.filter] }));
  const explain = (): void => {
    setBusy('Looking for the traces of both sets…');
    const ids = (q: string[]): Promise<string[]> =>
      get<TraceList>('traces', { ...range, q, limit: '1000' }).then((l) => l.traces.map((t) => t.trace_id));
    Promise.all([ids([...whole, ...picked]), ids([...(b ?? []), ...picked])]).then(
      ([a, other]) => {
        setBusy('');
        setExplained({ a, b: other });
      },
      () => setBusy('The traces of both sets can’t be read'),
    );
  };
  const error = all.error ?? part.error;
  const reached = all.reached ?? part.reached;
  const cancel = (): void => {
    all.cancel();
    part.cancel();
  };
  return (
    <section className="analytics" aria-label="Analytics" aria-busy={all.loading || part.loading}>
      {error && <p className="note bad">{error.message}</p>}
      <div className="row sets">
        {shown?.sets.map((s, i) => (
          <span key={i} className={i === 1 ? 'set picked' : 'set'}>
            <b>{b ? (i === 0 ? 'A' : 'B') : 'Traces'}</b> {count(s.count)} · p50 {ms(s.p50_ms)} · p95 {ms(s.p95_ms)} ·{' '}
            <span className={s.faults > 0 ? 'error-text' : ''}>{percent(s.faults + s.errors + s.throttles, s.count)} failed</span>
          </span>
        ))}
        {!d && !error && !reached && <span className="muted">Looking at the traces…</span>}
        {reached && (
          <>
            <span className="muted" role="status">
              {Math.round(reached.share * 100)} % of about {count(reached.traces)} traces
            </span>
            <button type="button" className="btn small" onClick={cancel}>
              Cancel
            </button>
          </>
        )}
        <span className="grow" />
        {busy && <span className="muted">{busy}</span>}
        {b ? (
          <>
            <button type="button" className="btn small" onClick={explain} title="BubbleUp of B against A, over every field">
              Explain B
            </button>
            <button
              type="button"
              className="btn small"
              onClick={() => {
                setExplained(undefined);
                set({ b: undefined });
              }}
            >
              Stop comparing
            </button>
          </>
        ) : (
          <button
            type="button"
            className="btn small"
            onClick={() => set({ b: whole })}
            title="The set becomes A; what you click next changes B"
          >
            Compare
          </button>
        )}
      </div>
      {b && (
        <div className="chips set-b">
          <b>B</b>
          {b.map((t, i) => (
            <span key={`${i} ${t}`} className="chip">
              <code className="clip">{t}</code>
              <button type="button" aria-label={`Remove ${t} of B`} onClick={() => set({ b: b.filter((_, k) => k !== i) })}>
                ×
              </button>
            </span>
          ))}
          {b.length === 0 && <span className="muted">all traces; click rows below to narrow it</span>}
        </div>
      )}
      {d && log > 0 && (
        <div className="analytics-charts">
          <section className="panel" aria-label="Response times">
            <h2>Response times</h2>
            <BrushBars
              label="Traces by response time"
              sets={distributions}
              relative={b !== undefined}
              pick={picked.length > 0 ? [place(state.min, 0), place(state.max, 1)] : undefined}
              marks={lengths}
              height={132}
              tip={(at) => `${duration(value(at) * 1e6)} · ${at_(distributions, at)}`}
              onPick={(p) => set({ min: p ? value(p[0]).toPrecision(4) : '', max: p ? value(p[1]).toPrecision(4) : '' })}
            />
          </section>
          <section className="panel" aria-label="Activity">
            <h2>Activity</h2>
            <BrushBars
              label="Traces over time"
              sets={activities}
              relative={b !== undefined}
              pick={undefined}
              marks={times}
              markers={markers}
              height={132}
              tip={(at) => `${clock(baseMs + at * lengthMs, utc)} · ${at_(activities, at)}`}
              onPick={(p) => p && set(between(range, d, p))}
            />
          </section>
        </div>
      )}
      {explained && <Explain a={explained.a} b={explained.b} range={range} onClose={() => setExplained(undefined)} />}
      {shown && (
        <div className="analytics-tables">
          {shown.tables.map((t) => (
            <Table key={t.id} table={t} sets={shown.sets.map((s) => s.count)} onAdd={add} />
          ))}
        </div>
      )}
      {d && (
        <p className="foot muted" role="status">
          {d.complete
            ? 'All traces of the range were looked at'
            : 'The newest 20,000 traces were looked at; narrow the range for older ones'}{' '}
          · {count(d.scanned)} rows in {Math.round(d.elapsed_ms)}
          {'\u2009'}ms
        </p>
      )}
    </section>
  );
}

/** The counts of each set at a share of the width. */
function at_(sets: readonly (readonly number[])[], at: number): string {
  return sets.map((s) => count(s[Math.min(Math.floor(at * s.length), s.length - 1)] ?? 0)).join(' and ');
}

/** The picked part of the activity as a range. */
function between(range: { from: string; to: string }, d: TraceAnalytics, [a, b]: [number, number]): { from: string; to: string } {
  const [, end] = resolve(range, Date.now());
  const at = (share: number): bigint => BigInt(d.base) + BigInt(Math.round(share * d.buckets * d.step));
  const to = at(b);
  const last = BigInt(Math.round(end)) * 1_000_000n;
  return { from: String(at(a)), to: String(to < last ? to : last) };
}

const atFirst = 6;

/** One thing that tells traces apart; a row narrows the set to it. */
function Table({
  table: t,
  sets,
  onAdd,
}: {
  table: AnalyticsTable;
  sets: number[];
  onAdd: (v: AnalyticsValue) => void;
}): React.ReactElement {
  const [most, setMost] = useState(atFirst);
  const two = sets.length > 1;
  const share = (v: AnalyticsValue, i: number): number => (sets[i]! > 0 ? (v.counts[i] ?? 0) / sets[i]! : 0);
  const delta = (v: AnalyticsValue): number => share(v, 1) - share(v, 0);
  const rows = two ? [...t.values].sort((a, b) => Math.abs(delta(b)) - Math.abs(delta(a))) : t.values;
  return (
    <section className="panel" aria-label={t.title}>
      <table>
        <thead>
          <tr>
            <th>
              {t.title} <span className="muted">{count(t.distinct)}</span>
            </th>
            {two ? (
              <>
                <th className="num">A</th>
                <th className="num">B</th>
                <th className="num">Δ</th>
              </>
            ) : (
              <>
                <th className="num">Traces</th>
                <th className="num">%</th>
                <th className="num">Mean</th>
              </>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, most).map((v) => (
            <tr key={v.value}>
              <td className="end">
                {v.filter ? (
                  <button type="button" className="link clip" title={v.filter} onClick={() => onAdd(v)}>
                    {v.value}
                  </button>
                ) : (
                  <span className="clip" title={v.value}>
                    {v.value}
                  </span>
                )}
              </td>
              {two ? (
                <>
                  <td className="num">{percent(v.counts[0] ?? 0, sets[0]!)}</td>
                  <td className="num">{percent(v.counts[1] ?? 0, sets[1]!)}</td>
                  <td className="num">
                    <b className={Math.abs(delta(v)) >= 0.1 ? 'pick-text' : 'muted'}>
                      {delta(v) > 0 ? '+' : delta(v) < 0 ? '−' : ''}
                      {digits(Math.abs(delta(v)) * 100)}
                    </b>
                  </td>
                </>
              ) : (
                <>
                  <td className="num">{count(v.counts[0] ?? 0)}</td>
                  <td className="num">{percent(v.counts[0] ?? 0, sets[0]!)}</td>
                  <td className="num">{ms(v.mean_ms[0] ?? null)}</td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > most && (
        <button type="button" className="link accent more" onClick={() => setMost(50)}>
          {rows.length - most} more
        </button>
      )}
    </section>
  );
}
