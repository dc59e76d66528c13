import './query.css';

import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import type { Start } from '../../api/types';
import { useKeys } from '../../app/keys';
import { go, setParams, useAddress } from '../../app/location';
import { Hover } from '../../charts/hover';
import type { Question, Span } from '../../query/question';
import { change } from '../../time/range';
import { Splitter } from '../../widgets/Splitter';
import { TimePicker } from '../../widgets/TimePicker';
import { askBody, bodyOf, every, spanOf, unknownFields, useDatasets, useFields } from './data';
import { Draft, same } from './draft';
import { BubblePanel } from './parts/BubblePanel';
import { Builder, CompareTo, Granularity } from './parts/Builder';
import { Answered } from './parts/Answered';
import type { PickedPoint } from './parts/Charts';
import { Nothing } from './parts/Nothing';
import { PointMenu } from './parts/PointMenu';
import { Running } from './parts/Running';
import { forServer } from './selection';
import { decode, encodeQuestion, encodeView, pathOf, rangeOf, tabs, type QueryState, type Tab } from './url';
import { usePick } from './usePick';
import { useRun } from './useRun';
import { useValueActions } from './useValueActions';

const set = (c: Parameters<typeof encodeView>[0], replace = false): void => setParams(encodeView(c), replace);

const tabNames: Record<Tab, string> = { results: 'the results', traces: 'the traces', raw: 'raw data', explore: 'the fields' };

/** Asks anything of the events, over any field, and shows it as charts and a table. */
export default function QueryPage({ path, start }: { path: string; start: Start | undefined }): React.ReactElement {
  const url = useAddress();
  const { dataset } = pathOf(path);
  const env = url.searchParams.get('env') ?? '';
  const datasets = useDatasets(env);
  const fields = useFields(env, dataset || every);
  useEffect(() => {
    document.title = `Query${dataset && dataset !== every ? ` ${dataset}` : ''} · Oriel`;
  }, [dataset]);
  const state = useMemo(() => decode(url.searchParams), [url.search]); // eslint-disable-line react-hooks/exhaustive-deps
  // A first visit opens on what most questions begin with.
  useEffect(() => {
    if (path.startsWith('/r/') || (dataset !== '' && state.asked) || !fields) return;
    const heat = fields.some((f) => f.name === 'duration_ms') ? ['HEATMAP(duration_ms)'] : [];
    const to = new URLSearchParams(location.search);
    if (!state.asked) ['COUNT', ...heat].forEach((c) => to.append('calc', c));
    go(`/query/${encodeURIComponent(dataset || every)}?${to.toString()}`, true);
  }, [path, dataset, fields, state.asked]);
  if (dataset === '' || !state.asked) return <div className="page" aria-busy="true" />;
  return <Asked key={`${env} ${dataset}`} {...{ dataset, env, state, start, fields, datasets }} />;
}

interface AskedProps {
  dataset: string;
  env: string;
  state: QueryState;
  start: Start | undefined;
  fields: ReturnType<typeof useFields>;
  datasets: ReturnType<typeof useDatasets>;
}

function Asked({ dataset, env, state, start, fields, datasets }: AskedProps): React.ReactElement {
  const draft = useMemo(() => new Draft(state.question), []); // eslint-disable-line react-hooks/exhaustive-deps
  const [, changed] = useState(0);
  useEffect(() => draft.subscribe(() => changed((n) => n + 1)), [draft]);
  useEffect(() => draft.follow(state.question), [draft, state.question]);
  const [turn, setTurn] = useState(0);
  const [asText, setAsText] = useState(false);
  const [point, setPoint] = useState<PickedPoint>();
  const hover = useMemo(() => new Hover(), []);
  const whereRef = useRef<HTMLInputElement>(null);
  const body = {
    ...askBody(dataset, state.question, spanOf(state.from, state.to, Date.now())),
    series: true,
    totals: state.question.by.length > 0,
  };
  const key = JSON.stringify([env, dataset, { ...body, text: undefined }, encodeQuestion(state.question), state.from, state.to]);
  const run = useRun(key, body, turn);
  const { answer } = run;
  const question = useAnswered(run.answerKey, key, state.question);
  const dirty = !same(draft.get(), state.question);

  const ask = useCallback(
    (q: Question): void => {
      draft.set(q);
      setParams({ ...encodeQuestion(draft.get()), sel: undefined, bubble: undefined });
    },
    [draft],
  );
  const go1 = useCallback((): void => {
    // What is still being typed is taken first.
    if (document.activeElement instanceof HTMLElement && document.activeElement.closest('.clauses, .textform'))
      document.activeElement.blur();
    requestAnimationFrame(() => {
      if (same(draft.get(), decode(new URL(location.href).searchParams).question)) setTurn((n) => n + 1);
      else ask(draft.get());
    });
  }, [draft, ask]);
  const onSpan = (span: Span): void => {
    const r = rangeOf(span);
    if (r) set(r);
  };
  const actions = useValueActions(draft, ask, state);
  const zoom = useCallback(
    (from: number, to: number): void => {
      if (!answer) return;
      const base = BigInt(answer.result.start);
      set({ from: String(base + BigInt(Math.floor(from))), to: String(base + BigInt(Math.ceil(to))) });
    },
    [answer],
  );
  const pick = usePick(state, answer, question);
  const [sel] = state.sel;
  const compare = sel && state.bubble && answer ? { ...bodyOf(dataset, question, answer), selection: forServer(sel) } : undefined;
  const range = { from: state.from, to: state.to };
  useKeys('Query', {
    '/': ['add a condition', () => whereRef.current?.focus()],
    'Ctrl+Enter': ['run', go1],
    'Shift+Enter': ['', go1],
    'Ctrl+z': ['undo a change of the query', () => draft.undo()],
    'Ctrl+Z': ['', () => draft.redo()],
    'Ctrl+y': ['redo it', () => draft.redo()],
    r: ['run again', () => setTurn((n) => n + 1)],
    ...Object.fromEntries(tabs.map((t, i) => [String(i + 1), [`show ${tabNames[t]}`, () => set({ tab: t })] as [string, () => void]])),
    b: ['BubbleUp: what is different about what is picked', () => sel && pick.bubble(!state.bubble)],
    Escape: [
      'stop the query, close BubbleUp, clear what is picked',
      () => {
        if (run.running) run.cancel();
        else if (state.bubble) pick.bubble(false);
        else if (sel) pick.clear();
      },
    ],
    t: ['time range', () => document.querySelector<HTMLInputElement>('.timepicker input')?.focus()],
    '-': ['look at twice the time', () => set(change(range, Date.now(), { grow: 2 }))],
    '=': ['look at half the time', () => set(change(range, Date.now(), { grow: 0.5 }))],
    ',': ['earlier', () => set(change(range, Date.now(), { shift: -0.5 }))],
    '.': ['later', () => set(change(range, Date.now(), { shift: 0.5 }))],
  });
  const stale = answer !== undefined && (run.running || run.answerKey !== key);
  const nothing = answer && !run.running && isEmpty(answer.result.rows, answer.result.breakdowns);
  return (
    <div className="page query-page" aria-busy={run.running}>
      <div className="query-main">
        <h1 className="sr">Query</h1>
        <div className="query-tools">
          <select
            className="input dataset"
            aria-label="Dataset"
            value={dataset}
            onChange={(e) => go(`/query/${encodeURIComponent(e.target.value)}${location.search}`)}
          >
            <option value={every}>All datasets</option>
            {(datasets ?? [{ slug: dataset }])
              .filter((d) => d.slug !== every)
              .map((d) => (
                <option key={d.slug} value={d.slug}>
                  {d.slug}
                </option>
              ))}
          </select>
          <button
            type="button"
            className="btn"
            aria-pressed={asText}
            title="The query as one line of text"
            onClick={() => setAsText((t) => !t)}
          >
            {'</>'}
          </button>
          <div className="views">
            <button
              type="button"
              className="btn"
              disabled={!draft.canUndo}
              title="Undo (Ctrl Z)"
              aria-label="Undo"
              onClick={() => draft.undo()}
            >
              ↶
            </button>
            <button
              type="button"
              className="btn"
              disabled={!draft.canRedo}
              title="Redo (Ctrl Shift Z)"
              aria-label="Redo"
              onClick={() => draft.redo()}
            >
              ↷
            </button>
          </div>
          <Granularity draft={draft} onRun={go1} />
          <CompareTo draft={draft} onRun={go1} />
          <span className="query-time">
            <TimePicker range={range} onChange={(r) => set(r)} />
            <button type="button" className="btn primary" onClick={go1} title="Run (Ctrl Enter)">
              {dirty ? 'Run query' : 'Run again'}
            </button>
          </span>
        </div>
        <Builder
          draft={draft}
          known={{ dataset, ...range, fields: fields ?? [] }}
          asText={asText}
          whereRef={whereRef}
          onSpan={onSpan}
          onRun={go1}
        />
        {state.ignored.length > 0 && (
          <p className="note bad" role="alert">
            Part of the address makes no sense and was left out: {state.ignored.join('; ')}
          </p>
        )}
        {run.running && <Running progress={run.progress} onCancel={run.cancel} />}
        {run.cancelled && <p className="note">Stopped. Run it again when you want the rest.</p>}
        {run.error && (
          <div className="note bad row" role="alert">
            <span className="grow">
              {run.error.message} <span className="muted">{run.error.requestId && `request ${run.error.requestId}`}</span>
            </span>
            <button type="button" className="btn small" onClick={() => setTurn((n) => n + 1)}>
              Try again
            </button>
          </div>
        )}
        {nothing ? (
          <Nothing
            question={question}
            start={start}
            dataset={dataset}
            last={dataset === every ? (start?.last_event ?? '') : (datasets?.find((d) => d.slug === dataset)?.last ?? '')}
            unknownFields={unknownFields(question, fields)}
            onQuestion={ask}
            onRange={(from, to) => set({ from, to })}
          />
        ) : (
          answer && (
            <Answered {...{ dataset, env, state, start, answer, question, stale, hover, pick, actions }} onZoom={zoom} onPoint={setPoint} />
          )
        )}
        {!answer && run.running && <div className="skeleton panel" aria-hidden="true" />}
        {point && answer && (
          <PointMenu
            point={point}
            answer={answer}
            question={question}
            actions={actions}
            onZoom={zoom}
            onClose={() => setPoint(undefined)}
          />
        )}
      </div>
      {compare && sel && (
        <>
          <Splitter label="Width of BubbleUp" variable="--bubble" fallback={36} least={24} most={60} fromRight />
          <BubblePanel
            runKey={JSON.stringify([env, compare])}
            body={compare}
            selection={sel}
            swap={state.swap}
            actions={actions}
            onSwap={pick.swap}
            onZoom={pick.zoom}
            onFilter={pick.filter}
            onClose={() => pick.bubble(false)}
          />
        </>
      )}
    </div>
  );
}

/** The question that the shown answer belongs to: the last one that was answered. */
function useAnswered(answerKey: string, key: string, question: Question): Question {
  const ref = useRef(question);
  const keys = useRef(new Map<string, Question>());
  keys.current.set(key, question);
  const q = keys.current.get(answerKey);
  if (q) {
    ref.current = q;
    if (answerKey === key) keys.current = new Map([[key, question]]);
  }
  return ref.current;
}

function isEmpty(rows: unknown[][], breakdowns: number): boolean {
  return rows.length === 0 || (rows.length === 1 && breakdowns === 0 && rows[0]!.every((v) => v === null || v === 0));
}
