import { useEffect, useRef, useState } from 'react';

import { get, whyOf } from '../../../api/client';
import type { ListedTrace, TraceList } from '../../../api/types';
import { go, linkTo } from '../../../app/location';
import { at as rooted } from '../../../app/root';
import { usePrefs } from '../../../app/prefs';
import { whereText } from '../../../query/print';
import type { Question } from '../../../query/question';
import { clock, count, day, durationParts, momentMs } from '../../../time/format';
import type { Answer } from '../result';
import type { TraceSort } from '../url';
import { useRowKeys } from '../useRowKeys';

interface Props {
  env: string;
  answer: Answer;
  question: Question;
  ticked: readonly string[];
  onTick: (ids: string[]) => void;
  sort: TraceSort;
  onSort: (sort: TraceSort) => void;
}

const page = 50;

/** The traces that the question's conditions touch, the slowest first. */
export function TracesTab({ env, answer, question, ticked, onTick, sort, onSort }: Props): React.ReactElement {
  const { utc } = usePrefs();
  const [pages, setPages] = useState<TraceList[]>([]);
  const [error, setError] = useState('');
  const [wanted, setWanted] = useState({ key: '', cursor: '' });
  const { start, end } = answer.result;
  const q = question.where.terms.length > 0 ? whereText(question.where) : '';
  const key = JSON.stringify([env, start, end, q, sort]);
  const cursor = wanted.key === key ? wanted.cursor : '';
  useEffect(() => {
    const abort = new AbortController();
    if (cursor === '') setPages([]);
    setError('');
    get<TraceList>('traces', { from: start, to: end, q, sort, order: 'desc', limit: String(page), cursor }, abort.signal).then(
      (list) => setPages((p) => (cursor === '' ? [list] : [...p, list])),
      (e: unknown) => !abort.signal.aborted && setError(whyOf(e)),
    );
    return () => abort.abort();
  }, [key, cursor, start, end, q, sort]);
  const traces = pages.flatMap((p) => p.traces.map((t) => ({ t, base: p.base })));
  const box = useRef<HTMLElement>(null);
  const hrefOf = (i: number): string => `/trace/${encodeURIComponent(traces[i]!.t.trace_id)}`;
  const focused = useRowKeys({
    of: 'trace',
    count: error ? 0 : traces.length,
    list: key,
    columns: 0,
    box,
    open: { about: 'open the trace', run: (i) => go(hrefOf(i)) },
    newTab: (i) => window.open(rooted(hrefOf(i)), '_blank', 'noopener'),
    tick: (list) => onTick(list.map((i) => traces[i]!.t.trace_id)),
    copy: (i) => traces[i]!.t.trace_id,
  });
  if (error)
    return (
      <p className="note bad" role="alert">
        {error}
      </p>
    );
  if (pages.length === 0) return <p className="empty muted">Looking for traces…</p>;
  if (traces.length === 0) return <p className="empty">None of these events belongs to a trace.</p>;
  const longest = traces.reduce((m, { t }) => Math.max(m, t.duration), 1);
  const last = pages.at(-1)!;
  const head = (id: TraceSort, name: string, num: boolean): React.ReactElement => (
    <th className={num ? 'num' : ''} aria-sort={sort === id ? 'descending' : 'none'}>
      <button type="button" onClick={() => onSort(id)}>
        {name}
        {sort === id ? ' ↓' : ''}
      </button>
    </th>
  );
  return (
    <section ref={box} className="panel results" aria-label="Traces">
      <div className="results-scroll">
        <table>
          <thead>
            <tr>
              <th className="mark">
                <span className="sr">Pick for BubbleUp</span>
              </th>
              {head('start', 'Started', false)}
              <th>Root</th>
              {head('duration', 'Took', true)}
              <th className="tracebars">
                <span className="sr">Share of services</span>
              </th>
              {head('spans', 'Spans', true)}
              {head('errors', 'Errors', true)}
            </tr>
          </thead>
          <tbody>
            {traces.map(({ t, base }, i) => (
              <TraceRow
                key={t.trace_id}
                {...{ t, base, longest, utc, ticked: ticked.includes(t.trace_id), focused: i === focused.row, onTick }}
              />
            ))}
          </tbody>
        </table>
      </div>
      <p className="results-more row">
        <span className="muted" role="status">
          {count(traces.length)} {traces.length === 1 ? 'trace' : 'traces'}
          {last.next !== '' && ', and more'}
        </span>
        {last.next !== '' && (
          <button type="button" className="btn small" onClick={() => setWanted({ key, cursor: last.next })}>
            Show more
          </button>
        )}
      </p>
    </section>
  );
}

interface RowProps {
  t: ListedTrace;
  base: string;
  longest: number;
  utc: boolean;
  ticked: boolean;
  focused: boolean;
  onTick: (ids: string[]) => void;
}

function TraceRow({ t, base, longest, utc, ticked, focused, onTick }: RowProps): React.ReactElement {
  const ms = momentMs(base, t.start);
  const services = t.services ?? [];
  const [took, unit] = durationParts(t.duration);
  return (
    <tr data-focused={focused || undefined} aria-selected={ticked || undefined}>
      <td className="mark">
        <label className="tickbox" title="Pick for BubbleUp">
          <input type="checkbox" checked={ticked} onChange={() => onTick([t.trace_id])} aria-label={`Pick trace ${t.trace_id}`} />
        </label>
      </td>
      <td title={day(ms, utc)}>{clock(ms, utc, true)}</td>
      <td className="traceroot">
        <a {...linkTo(`/trace/${encodeURIComponent(t.trace_id)}`)}>
          <span className="muted clip" title={t.root.service} dir="auto">
            {t.root.service}
          </span>
          <span className="clip" title={t.root.name} dir="auto">
            {t.root.name || (t.root.missing ? '(root missing)' : '(no name)')}
          </span>
        </a>
      </td>
      <td className="num">
        {took}
        <span className="unit">
          {'\u2009'}
          {unit}
        </span>
      </td>
      <td className="tracebars">
        <div
          className="tracebar"
          style={{ width: `${Math.max((100 * t.duration) / longest, 0.5)}%` }}
          title={services.map((s) => `${s.name} ${(s.share * 100).toFixed(0)} %`).join(', ')}
        >
          {services.map((s) => (
            <span key={s.name} style={{ flexGrow: s.share || 0.0001, background: `var(--s${s.slot || 12})` }} />
          ))}
        </div>
      </td>
      <td className="num">{count(t.spans)}</td>
      <td className={t.errors > 0 ? 'num error-text' : 'num muted'}>{t.errors}</td>
    </tr>
  );
}
