import { useCallback, useMemo, useState } from 'react';

import { get } from '../../api/client';
import type { Start } from '../../api/types';
import { useLoad } from '../../api/useLoad';
import { go, linkTo } from '../../app/location';
import { usePrefs } from '../../app/prefs';
import { Hover } from '../../charts/hover';
import { questionText } from '../../query/print';
import { fromSpec } from '../../query/spec';
import { clock, day, momentMs } from '../../time/format';
import { askAgain } from './again';
import { every } from './data';
import { Draft } from './draft';
import { Answered } from './parts/Answered';
import { Compared } from './parts/Compared';
import type { PickedPoint } from './parts/Charts';
import { PointMenu } from './parts/PointMenu';
import type { Answer, Result } from './result';
import { addressOf, encodeQuestion, encodeView, type Params, type QueryState } from './url';
import { useMarkers } from './useMarkers';
import { usePick } from './usePick';
import { useValueActions } from './useValueActions';

interface Stored {
  id: string;
  query: Record<string, unknown>;
  text: string;
  dataset: string;
  ran_at: string;
  done: boolean;
  error?: string;
  result?: Result;
  elapsed_ms: number;
  scanned: number;
  sampled: boolean;
  complete: boolean;
  request_id: string;
}

/** A result as it was when it was kept, whatever became of the events. */
export function Kept({
  id,
  env,
  state,
  start,
}: {
  id: string;
  env: string;
  state: QueryState;
  start: Start | undefined;
}): React.ReactElement {
  const { data, error } = useLoad(`result ${env} ${id}`, (signal) => get<Stored>(`results/${encodeURIComponent(id)}`, {}, signal));
  if (error)
    return (
      <div className="page">
        <h1>{error.status === 404 ? 'This result is not kept' : 'The result can’t be shown'}</h1>
        <p>
          {error.message}. You can <a {...linkTo('/query')}>ask anew</a>.
        </p>
      </div>
    );
  if (!data) return <div className="page" aria-busy="true" />;
  if (!data.result)
    return (
      <div className="page">
        <h1>{data.done ? 'This query failed' : 'This query is still running'}</h1>
        <p>{data.error}</p>
        <p>
          <a {...linkTo(askAgain(data))}>Ask it again</a>
        </p>
      </div>
    );
  return <KeptResult key={id} stored={data} result={data.result} env={env} state={state} start={start} />;
}

function KeptResult({
  stored,
  result,
  env,
  state,
  start,
}: {
  stored: Stored;
  result: Result;
  env: string;
  state: QueryState;
  start: Start | undefined;
}): React.ReactElement {
  const { utc } = usePrefs();
  const hover = useMemo(() => new Hover(), []);
  const [point, setPoint] = useState<PickedPoint>();
  const question = useMemo(() => fromSpec(stored.query).question, [stored.query]);
  const dataset = stored.dataset || every;
  const ranAt = momentMs(stored.ran_at);
  const answer: Answer = useMemo(
    () => ({
      result,
      elapsedMs: stored.elapsed_ms,
      scanned: stored.scanned,
      sampled: stored.sampled,
      complete: stored.complete,
      requestId: stored.id,
      resultId: stored.id,
      notKept: '',
      ranAt,
      spec: stored.query,
    }),
    [result, stored, ranAt],
  );
  // Whatever changes the question leaves the kept result for a new one.
  const draft = useMemo(() => new Draft(question), [question]);
  const leave = useCallback(
    (changes: Params) =>
      go(addressOf(dataset, { ...encodeQuestion(question), ...encodeView({ from: result.start, to: result.end }), ...changes })),
    [dataset, question, result],
  );
  const actions = useValueActions(draft, (q) => leave(encodeQuestion(q)), { ...state, from: result.start, to: result.end });
  const pick = usePick(dataset, state, answer, question);
  const markers = useMarkers(env, dataset, answer);
  const zoom = (from: number, to: number): void => {
    const base = BigInt(result.start);
    leave({ from: String(base + BigInt(Math.floor(from))), to: String(base + BigInt(Math.ceil(to))) });
  };
  return (
    <div className="page query-page">
      <div className="query-main">
        <h1 className="sr">Kept result</h1>
        <div className="note row">
          <span className="grow">
            Kept result of {day(ranAt, utc)} {clock(ranAt, utc)}, {dataset === every ? 'all datasets' : dataset}:{' '}
            <code>{questionText(question)}</code>
          </span>
          <a className="btn small" {...linkTo(askAgain(stored))}>
            Ask it now
          </a>
        </div>
        <Answered
          {...{ dataset, env, state, start, answer, question, hover, pick, actions }}
          from={result.start}
          to={result.end}
          stale={false}
          lines
          markers={markers.list}
          onZoom={zoom}
          onPoint={setPoint}
        />
      </div>
      <Compared {...{ env, dataset, state, answer, question, pick, actions }} fixed />
      {point && (
        <PointMenu
          markers={markers.list}
          stored={markers.stored}
          dataset={dataset}
          point={point}
          answer={answer}
          question={question}
          actions={actions}
          onZoom={zoom}
          onMark={undefined}
          onClose={() => setPoint(undefined)}
        />
      )}
    </div>
  );
}
