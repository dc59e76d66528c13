import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import type { Start } from '../../api/types';
import { browserName } from '../../app/browser';
import { later } from '../../app/later';
import { here, setParams } from '../../app/location';
import { Hover } from '../../charts/hover';
import type { Question, Span } from '../../query/question';
import { Refresh } from '../../widgets/Refresh';
import { Splitter } from '../../widgets/Splitter';
import { askBody, every, followed, hasLines, spanOf, unknownFields, type Dataset } from './data';
import type { Field } from '../../query/complete';
import { Failed } from '../../widgets/Failed';
import { askAgain } from './again';
import { Draft, same } from './draft';
import { Builder } from './parts/Builder';
import { Answered } from './parts/Answered';
import { Compared } from './parts/Compared';
import type { PickedPoint } from './parts/Charts';
import { Nothing } from './parts/Nothing';
import type { Marking } from './parts/MarkDialog';
import { PointMenu } from './parts/PointMenu';
import { Running } from './parts/Running';
import { Toolbar } from './parts/Toolbar';
import type { Result } from './result';
import { decode, encodeQuestion, encodeView, rangeOf, type QueryState } from './url';
import { useMarkers } from './useMarkers';
import { usePick } from './usePick';
import { useQueryKeys } from './useQueryKeys';
import { none, useDrawn } from './useReleases';
import { useRun } from './useRun';
import { useValueActions } from './useValueActions';

const MarkDialog = later(async () => ({ default: (await import('./parts/MarkDialog')).MarkDialog }));
const NameDialog = later(async () => ({ default: (await import('./parts/NameDialog')).NameDialog }));
const HistoryPanel = later(
  () => import('./parts/HistoryPanel'),
  <aside className="bubble history" aria-label="History" aria-busy="true" />,
);

const set = (c: Parameters<typeof encodeView>[0]): void => setParams(encodeView(c));

interface AskedProps {
  dataset: string;
  env: string;
  state: QueryState;
  start: Start | undefined;
  fields: Field[] | undefined;
  datasets: Dataset[] | undefined;
}

/** A question that is edited and run, and its answer. */
export function Asked({ dataset, env, state, start, fields, datasets }: AskedProps): React.ReactElement {
  const draft = useMemo(() => new Draft(state.question), []); // eslint-disable-line react-hooks/exhaustive-deps
  const [, changed] = useState(0);
  useEffect(() => draft.subscribe(() => changed((n) => n + 1)), [draft]);
  // Only a new question in the address replaces what is being edited; a tab or a selection does not.
  const asked = JSON.stringify(encodeQuestion(state.question));
  useEffect(() => draft.follow(state.question), [draft, asked]); // eslint-disable-line react-hooks/exhaustive-deps
  const [turn, setTurn] = useState(0);
  const [everySeconds, setEverySeconds] = useState(0);
  const again = useCallback(() => setTurn((n) => n + 1), []);
  const [asText, setAsText] = useState(false);
  const [point, setPoint] = useState<PickedPoint>();
  const hover = useMemo(() => new Hover(), []);
  const whereRef = useRef<HTMLInputElement>(null);
  const body = {
    ...askBody(dataset, state.question, spanOf(state.from, state.to, Date.now())),
    series: followed(state.question),
    totals: state.question.by.length > 0,
    browser: browserName(),
    // What is looked at again by itself is neither kept nor noted in the history.
    ...(everySeconds > 0 && turn > 0 ? { quiet: true } : { keep: true }),
  };
  const key = JSON.stringify([env, dataset, encodeQuestion(state.question), state.from, state.to]);
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
      if (same(draft.get(), decode(here().searchParams).question)) setTurn((n) => n + 1);
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
  const markers = useMarkers(env, dataset, answer);
  const marks = useDrawn(dataset, fields, answer, start, markers.list);
  const [marking, setMarking] = useState<Marking>();
  const [history, setHistory] = useState(false);
  const [naming, setNaming] = useState(false);
  const [named, setNamed] = useState(0);
  const [unmarked, setUnmarked] = useState(false);
  const pick = usePick(dataset, state, answer, question);
  const [sel] = state.sel;
  const range = { from: state.from, to: state.to };
  useQueryKeys({
    range,
    draft,
    onWhere: () => whereRef.current?.focus(),
    onRun: go1,
    onAgain: again,
    onLive: () => setEverySeconds((n) => (n > 0 ? 0 : 5)),
    onHistory: () => setHistory((x) => !x),
    onMarkers: () => setUnmarked((x) => !x),
    onBubble: () => sel && pick.bubble(!state.bubble),
    onEscape: () => {
      if (run.running) run.cancel();
      else if (history) setHistory(false);
      else if (state.bubble) pick.bubble(false);
      else if (state.event) set({ event: '' });
      else if (sel) pick.clear();
    },
  });
  const stale = answer !== undefined && (run.running || run.answerKey !== key);
  const nothing = answer && !run.running && isEmpty(answer.result);
  return (
    <div className="page query-page" aria-busy={run.running}>
      <div className="query-main">
        <h1 className="sr">Query</h1>
        <Toolbar
          {...{ dataset, datasets, draft, range, asText, dirty, history }}
          onText={() => setAsText((t) => !t)}
          onHistory={() => setHistory((x) => !x)}
          onRange={(r) => set(r)}
          onRun={go1}
          onName={answer?.spec ? () => setNaming(true) : undefined}
          refresh={
            <Refresh
              every={state.bubble || history ? 0 : everySeconds}
              onEvery={setEverySeconds}
              loadedAt={answer?.ranAt ?? 0}
              onRefresh={again}
            />
          }
        />
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
        {run.error && <Failed error={run.error} onAgain={again} />}
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
            <Answered
              {...{ dataset, env, state, start, answer, question, stale, hover, pick, actions }}
              {...range}
              lines={hasLines(fields)}
              markers={unmarked ? none : marks}
              onZoom={zoom}
              onPoint={setPoint}
            />
          )
        )}
        {!answer && run.running && <div className="skeleton panel" aria-hidden="true" />}
        {marking && <MarkDialog what={marking} markers={markers} onClose={() => setMarking(undefined)} />}
        {naming && answer?.spec && (
          <NameDialog
            dataset={dataset}
            spec={answer.spec}
            onDone={() => {
              setNaming(false);
              setNamed((n) => n + 1);
              setHistory(true);
            }}
            onClose={() => setNaming(false)}
          />
        )}
        {point && answer && (
          <PointMenu
            dataset={dataset}
            point={point}
            answer={answer}
            question={question}
            actions={actions}
            markers={unmarked ? none : marks}
            stored={markers.stored}
            onZoom={zoom}
            onMark={setMarking}
            onClose={() => setPoint(undefined)}
          />
        )}
      </div>
      {history && (
        <>
          <Splitter label="Width of the history" variable="--bubble" fallback={36} least={24} most={60} fromRight />
          <HistoryPanel
            {...{ every, env }}
            again={askAgain}
            browser={browserName()}
            open={start?.auth === 'open'}
            datasets={datasets ?? []}
            turn={`${answer?.requestId ?? ''} ${named}`}
            onClose={() => setHistory(false)}
          />
        </>
      )}
      {!history && <Compared {...{ env, dataset, state, answer, question, pick, actions }} />}
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

function isEmpty(r: Result): boolean {
  if (r.heatmaps?.some((h) => h.counts.some((n) => n > 0))) return false;
  return r.rows.length === 0 || (r.rows.length === 1 && r.breakdowns === 0 && r.rows[0]!.every((v) => v === null || v === 0));
}
