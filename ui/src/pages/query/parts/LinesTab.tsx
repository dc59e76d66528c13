import { useMemo, useState } from 'react';

import { linkTo } from '../../../app/location';
import { usePrefs } from '../../../app/prefs';
import { levelOf } from '../../../charts/level';
import type { ValueActions } from '../../../query/bubble/CellMenu';
import { cellText } from '../../../query/cell';
import { whereText } from '../../../query/print';
import type { Question } from '../../../query/question';
import { clock, count, day, momentMs } from '../../../time/format';
import { bodyOf, every } from '../data';
import type { Answer } from '../result';
import { useEvents, type RawEvent } from '../useEvents';
import { withTerm } from '../useValueActions';
import { EventPanel } from './EventPanel';

interface Props {
  env: string;
  dataset: string;
  answer: Answer;
  question: Question;
  actions: ValueActions;
  oldest: boolean;
  onOldest: (oldest: boolean) => void;
}

const longest = 4096;
const isLine = { column: 'meta.signal_type', op: '=', value: 'log' };

/** The log lines among the events of the question. */
export function LinesTab({ env, dataset, answer, question, actions, oldest, onOldest }: Props): React.ReactElement {
  const { utc } = usePrefs();
  const [chosen, setChosen] = useState<RawEvent>();
  const body = useMemo(
    () => bodyOf(dataset, { ...question, where: withTerm(question.where, isLine) }, answer),
    [dataset, question, answer],
  );
  const events = useEvents(JSON.stringify([env, body]), body, oldest ? 'asc' : 'desc');
  return (
    <section className="panel raw" aria-label="Log lines">
      <div className="results-head">
        <button type="button" className="btn small" onClick={() => onOldest(!oldest)}>
          {oldest ? 'Oldest first' : 'Newest first'}
        </button>
        <a className="btn small" {...linkTo(inLogs(dataset, question, answer))}>
          Open in Logs
        </a>
        <span className="muted" role="status">
          {count(events.list.length)} {events.list.length === 1 ? 'line' : 'lines'}
          {events.more ? ', and more' : ''}
        </span>
      </div>
      {events.error && (
        <p className="note bad" role="alert">
          {events.error}
        </p>
      )}
      <div className="raw-body">
        <div className="raw-scroll">
          {events.list.length === 0 && !events.error && (
            <p className="empty muted">{events.loading ? 'Looking for log lines…' : 'None of these events is a log line.'}</p>
          )}
          <ul className="loglines">
            {events.list.map((e, i) => (
              <li key={i} className={e === chosen ? 'on' : undefined}>
                <Line event={e} utc={utc} chosen={e === chosen} onChoose={() => setChosen(e === chosen ? undefined : e)} />
              </li>
            ))}
          </ul>
          {events.more && (
            <p className="results-more">
              <button type="button" className="btn small" disabled={events.loading} onClick={events.loadMore}>
                Show more
              </button>
            </p>
          )}
        </div>
        {chosen && <EventPanel event={chosen} actions={actions} onClose={() => setChosen(undefined)} />}
      </div>
    </section>
  );
}

function Line(props: { event: RawEvent; utc: boolean; chosen: boolean; onChoose: () => void }): React.ReactElement {
  const { event, utc, chosen } = props;
  const ms = momentMs(event.base, event.time);
  const word = cellText(event.fields.get('severity') ?? event.fields.get('severity_text') ?? '');
  const text = cellText(event.fields.get('body') ?? event.fields.get('message') ?? event.fields.get('name') ?? '');
  const level = levelOf(word);
  return (
    <button type="button" className="logline" aria-expanded={chosen} onClick={props.onChoose}>
      <span className="time" title={day(ms, utc)}>
        {clock(ms, utc, true)}
      </span>
      <span className={`lvl ${word === '' ? '' : level}`}>{word === '' ? '' : level}</span>
      <span className="muted clip">{cellText(event.fields.get('service.name') ?? event.dataset)}</span>
      <span className="logtext">{text.length > longest ? `${text.slice(0, longest)}…` : text}</span>
    </button>
  );
}

/** The same lines on the Logs page. */
function inLogs(dataset: string, q: Question, answer: Answer): string {
  const p = new URLSearchParams({ from: answer.result.start, to: answer.result.end });
  if (dataset !== every) p.append('group', dataset);
  if (q.where.terms.length > 0) p.append('where', whereText(q.where));
  return `/logs?${p.toString()}`;
}
