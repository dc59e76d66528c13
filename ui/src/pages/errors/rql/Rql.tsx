import './rql.css';

import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import { get } from '../../../api/client';
import { useLoad } from '../../../api/useLoad';
import { useKeys } from '../../../app/keys';
import { linkTo, setParams, useAddress } from '../../../app/location';
import { usePrefs } from '../../../app/prefs';
import type { Cell } from '../../../query/cell';
import { Editor, type Completion, type Language } from '../../../query/editor/Editor';
import { helpAt, pieces, placeOf, suggest, valueText, type KnownRql } from '../../../query/rql/complete';
import { csvOf, jsonOf, save, type Table } from '../../../query/table';
import { clock, count, day } from '../../../time/format';
import { resolve } from '../../../time/range';
import { Menu } from '../../../widgets/Menu';
import { TimePicker } from '../../../widgets/TimePicker';
import { VirtualList, type ListHandle } from '../../../widgets/VirtualList';
import { chartsOf, isMoment } from './chart';
import { note, past } from './history';
import { RqlCharts } from './RqlChart';
import { useRql, type Answer, type Column } from './useRql';

interface Help extends KnownRql {
  templates: { name: string; query: string }[];
}

const nothing: Help = { columns: [], deploy_columns: [], functions: [], keywords: [], templates: [] };
const first = 'SELECT item.counter, item.title, count(*)\nFROM item_occurrence\nGROUP BY item.counter\nORDER BY count(*) DESC\nLIMIT 20';

/** Questions about occurrences and deploys in Rollbar's query language. */
export default function Rql(): React.ReactElement {
  const url = useAddress();
  const env = url.searchParams.get('env') ?? '';
  const asked = url.searchParams.get('q') ?? url.searchParams.get('query') ?? '';
  const range = { from: url.searchParams.get('from') ?? 'now-7d', to: url.searchParams.get('to') ?? 'now' };
  const [text, setText] = useState(asked || first);
  const [turn, setTurn] = useState(0);
  const [at, setAt] = useState(-1);
  const help = useLoad(`rql help ${env}`, (signal) => get<Help>('errors/rql/complete', {}, signal)).data ?? nothing;
  useEffect(() => {
    if (asked) setText(asked);
  }, [asked]);
  useEffect(() => {
    document.title = 'RQL · Oriel';
  }, []);
  const [from, to] = useMemo(() => resolve(range, Date.now()), [range.from, range.to, turn, asked]); // eslint-disable-line react-hooks/exhaustive-deps
  const run = useRql(asked === '' ? '' : JSON.stringify([env, asked, range, turn]), {
    query: asked,
    start_time: Math.floor(from / 1000),
    end_time: Math.ceil(to / 1000),
  });
  const language: Language = useMemo(
    () => ({
      name: 'RQL query',
      hint: 'Tab takes a suggestion, Ctrl Space asks for one, Ctrl Enter runs, ↑ at the start goes back in history',
      pieces,
      help: (t, caret) => helpAt(t, caret, help),
    }),
    [help],
  );
  const start = useCallback((): void => {
    if (text.trim() === '') return;
    note(text);
    setAt(-1);
    const before = location.href;
    setParams({ q: text, query: undefined });
    if (location.href === before) setTurn((n) => n + 1);
  }, [text]);
  const onPast = (by: 1 | -1): boolean => {
    const list = past();
    const next = at + by;
    if (next < -1 || next >= list.length) return false;
    setAt(next);
    setText(next < 0 ? asked || first : list[next]!);
    return true;
  };
  useKeys('RQL', {
    '/': ['edit the query', () => document.querySelector<HTMLTextAreaElement>('.iq-text')?.focus()],
    'Ctrl+Enter': ['run', start],
    r: ['run again', () => setTurn((n) => n + 1)],
    Escape: ['stop', run.stop],
  });
  const useHere = (t: string, caret: number, focused: boolean): Completion => useCompletion(help, t, caret, focused);
  const mistake = run.mistake && text === asked ? run.mistake : undefined;
  return (
    <div className="ebody erql">
      <h1 className="sr">RQL</h1>
      <div className={run.running ? 'progress on' : 'progress'} />
      <div className="etop">
        <div className="etools">
          <Menu
            className="btn"
            label="Templates ▾"
            name="Templates"
            items={help.templates.map((t) => ({ label: t.name, run: () => setText(t.query) }))}
          />
          <Menu
            className="btn"
            label="History ▾"
            name="History"
            items={() => {
              const list = past();
              return list.length > 0
                ? list.slice(0, 20).map((q) => ({ label: q.replaceAll(/\s+/g, ' ').slice(0, 90), run: () => setText(q) }))
                : [{ label: 'Nothing was asked yet', run: () => undefined }];
            }}
          />
          <span className="grow" />
          <TimePicker range={range} onChange={(r) => setParams({ from: r.from, to: r.to })} />
          {run.running ? (
            <button type="button" className="btn" onClick={run.stop} title="Stop (Esc)">
              Stop{run.share > 0 && run.share < 1 ? ` ${Math.round(run.share * 100)}\u2009%` : ''}
            </button>
          ) : (
            <button type="button" className="btn primary" onClick={start} title="Ctrl Enter">
              Run
            </button>
          )}
        </div>
        <Editor
          text={text}
          onText={(t) => {
            setText(t);
            setAt(-1);
          }}
          onRun={start}
          language={language}
          useCompletion={useHere}
          mistake={mistake}
          onPast={onPast}
        />
        {run.error && !mistake && (
          <p className="note bad" role="alert">
            {run.error.message}
          </p>
        )}
        {(run.answer?.warnings ?? []).map((w) => (
          <p key={w} className="note">
            {w}
          </p>
        ))}
      </div>
      {run.answer ? (
        <Rows answer={run.answer} stale={run.running} view={url.searchParams.get('view') === 'chart' ? 'chart' : 'table'} />
      ) : (
        !run.running &&
        !run.error && (
          <div className="empty">
            <h2>What do you want to know?</h2>
            <p>
              Rollbar’s query language reads occurrences and deploys as tables. Begin with a template:
              {help.templates.slice(0, 3).map((t) => (
                <button key={t.name} type="button" className="btn small etpl" onClick={() => setText(t.query)}>
                  {t.name}
                </button>
              ))}
            </p>
          </div>
        )
      )}
    </div>
  );
}

/** What can be typed at the caret; values of a column from what is stored. */
function useCompletion(known: KnownRql, text: string, caret: number, focused: boolean): Completion {
  const place = useMemo(() => placeOf(text, caret), [text, caret]);
  const field = focused && place.quote !== '' ? place.column : '';
  const values = useLoad(`rql values ${field} ${place.quote === '' ? '' : place.prefix}`, (signal) =>
    field === ''
      ? Promise.resolve([])
      : get<{ values: { value: string | number | boolean; count: number }[] | null; exact: boolean }>(
          'values',
          { field, dataset: '__all__', q: 'error.fingerprint exists', prefix: place.prefix, limit: '20' },
          signal,
        ).then(
          (r) => (r.values ?? []).map((v) => ({ ...v, atLeast: !r.exact })),
          () => [], // completion is a help only
        ),
  );
  const list = useMemo(
    () =>
      place.quote !== ''
        ? (values.data ?? []).map((v) => ({
            label: String(v.value).slice(0, 200),
            insert: valueText(v.value, place.quote),
            detail: (v.atLeast ? '≥ ' : '') + count(v.count),
          }))
        : suggest(text, place, known),
    [place, values.data, text, known],
  );
  return { from: place.from, prefix: place.prefix, list, quote: place.quote, eager: place.eager };
}

const rowHeight = 24;

function Rows({ answer, stale, view }: { answer: Answer; stale: boolean; view: 'table' | 'chart' }): React.ReactElement {
  const { utc } = usePrefs();
  const handle = useRef<ListHandle>(null);
  const { rows } = answer;
  // Seconds since 1970 that rows are grouped by are read as times, under any name.
  const columns = useMemo(() => answer.columns.map((c, i): Column => (isMoment(c, i, answer.rows) ? { ...c, type: 'time' } : c)), [answer]);
  const charts = useMemo(() => chartsOf(answer), [answer]);
  const shown = charts.length > 0 ? view : 'table';
  const table: Table = { columns: columns.map((c) => c.name), rows };
  const template = columns
    .map((c, i) => (widest(rows, i) > 40 ? 'minmax(240px, 1fr)' : c.type === 'number' ? '120px' : 'minmax(120px, 220px)'))
    .join(' ');
  const version = useRef({ rows, n: 0 });
  if (version.current.rows !== rows) version.current = { rows, n: version.current.n + 1 };
  return (
    <>
      <div className="ebar">
        <div className="views" role="group" aria-label="Show as">
          {(['table', 'chart'] as const).map((v) => (
            <button
              key={v}
              type="button"
              className="btn small"
              aria-pressed={shown === v}
              disabled={v === 'chart' && charts.length === 0}
              title={v === 'chart' && charts.length === 0 ? 'Rows that are grouped, with a number, can be drawn' : undefined}
              onClick={() => setParams({ view: v === 'chart' ? v : undefined }, true)}
            >
              {v === 'table' ? 'Table' : 'Chart'}
            </button>
          ))}
        </div>
        <span className="muted" role="status">
          {count(rows.length)} {rows.length === 1 ? 'row' : 'rows'} · {count(answer.scanned)} looked at in {Math.round(answer.elapsedMs)}
          {'\u2009'}ms
          {!answer.complete && ' · part of the data could not be read'}
        </span>
        <span className="grow" />
        <button type="button" className="btn small" onClick={() => save('rql.csv', 'text/csv', csvOf(table))}>
          CSV
        </button>
        <button type="button" className="btn small" onClick={() => save('rql.json', 'application/json', jsonOf(table))}>
          JSON
        </button>
      </div>
      {rows.length === 0 ? (
        <div className="empty">
          <h2>No row</h2>
          <p>Nothing in this time meets the conditions.</p>
        </div>
      ) : shown === 'chart' ? (
        <RqlCharts charts={charts} />
      ) : (
        <VirtualList
          handle={handle}
          className={stale ? 'elist erows stale' : 'elist erows'}
          count={rows.length}
          change={{ version: version.current.n, before: 0, after: 0, fresh: true }}
          rowHeight={rowHeight}
          measured={false}
          look={template}
          keyOf={String}
          headerHeight={28}
          grid={{
            role: 'grid',
            'aria-label': 'Rows',
            'aria-rowcount': rows.length + 1,
            style: { '--cols': template } as React.CSSProperties,
          }}
          attributes={{ tabIndex: 0 }}
          header={
            <div role="rowgroup" className="ehead">
              <div role="row" className="erqlrow">
                {columns.map((c) => (
                  <span key={c.name} role="columnheader" className={c.type === 'number' ? 'clip num' : 'clip'}>
                    {c.name}
                  </span>
                ))}
              </div>
            </div>
          }
          render={(i) => (
            <div role="row" className="erqlrow">
              {columns.map((c, k) => (
                <span key={c.name} role="gridcell" className={c.type === 'number' ? 'clip num' : 'clip'}>
                  {cellOf(c, rows[i]![k] ?? null, utc)}
                </span>
              ))}
            </div>
          )}
        />
      )}
    </>
  );
}

function widest(rows: readonly Cell[][], column: number): number {
  return rows.slice(0, 100).reduce((n, r) => Math.max(n, String(r[column] ?? '').length), 0);
}

const longest = 500;

function cellOf(c: Column, v: Cell, utc: boolean): React.ReactNode {
  if (v === null) return <span className="muted">–</span>;
  if (c.type === 'time' && typeof v === 'number') return `${day(v * 1000, utc)} ${clock(v * 1000, utc)}`;
  if (c.name === 'item.counter') return <a {...linkTo(`/errors?tab=all&q=${encodeURIComponent(`#${String(v)}`)}`)}>#{String(v)}</a>;
  if (c.name === 'item.id') return <a {...linkTo(`/errors/${encodeURIComponent(String(v))}`)}>{String(v)}</a>;
  return String(v).slice(0, longest);
}
