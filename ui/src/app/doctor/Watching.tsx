import './doctor.css';

import { useEffect, useState } from 'react';

import { post, whyOf } from '../../api/client';
import type { Received } from '../../api/types';
import { ago, count, momentMs } from '../../time/format';
import { linkTo } from '../location';
import { linkFor, nextStep, sourceOf, wordFor, type Book, type Step } from './book';

const fresh = 60_000; // data older than this is not what somebody waits for
const shown = 6;

interface Props {
  book: Book;
  connected: boolean;
  now: number;
  /** What the button sends: see POST /api/test-event. */
  test: string;
}

/** What arrives, as it happens, and what to do next. */
export function Watching({ book, connected, now, test }: Props): React.ReactElement {
  const [opened] = useState(() => Date.now());
  const [problem, setProblem] = useState('');
  const [sending, setSending] = useState(false);
  const newest = book.received[0];
  const age = newest ? now - momentMs(newest.at) : Infinity;
  const coming = age < fresh;
  const title = coming
    ? 'Data is coming in'
    : newest
      ? `Waiting for new data · the last came ${ago(age)}`
      : `Waiting for the first data · ${Math.max(0, Math.round((now - opened) / 1000))} s`;
  useTitle(coming);
  const send = (): void => {
    setProblem('');
    setSending(true);
    post('test-event', { kind: test })
      .catch((e: unknown) => setProblem(whyOf(e)))
      .finally(() => setSending(false));
  };
  return (
    <section className="panel watching" aria-label="Watching">
      <div className="row">
        <span className={coming ? 'livedot on' : 'livedot'} aria-hidden="true" />
        <h2 className="grow">
          {title}
          {!connected && <span className="error-text"> · connection lost, trying again</span>}
        </h2>
        <button type="button" className="btn small" onClick={send} disabled={sending}>
          Send a test {test}
        </button>
      </div>
      {problem && (
        <p className="error-text" role="alert">
          {problem}
        </p>
      )}
      {book.received.length > 0 && (
        <ul aria-live="polite" aria-relevant="additions">
          {book.received.slice(0, shown).map((r) => (
            <Source key={sourceOf(r)} r={r} now={now} />
          ))}
        </ul>
      )}
      <Next step={nextStep(book.received)} />
      {book.refused.length > 0 && (
        <p>
          <a href="#doctor">
            {count(book.refused.length)} {book.refused.length === 1 ? 'kind' : 'kinds'} of requests refused
          </a>
          : see why, and what to change.
        </p>
      )}
    </section>
  );
}

function Source({ r, now }: { r: Received; now: number }): React.ReactElement {
  const [to, text] = linkFor(r);
  return (
    <li className="row">
      <span>
        <b>{count(r.count)}</b> {wordFor(r.kind, r.count)} from <code>{r.group || r.service || r.dataset}</code>
      </span>
      <span className="muted">{ago(now - momentMs(r.at))}</span>
      <a {...linkTo(to)}>{text}</a>
    </li>
  );
}

function Next({ step }: { step: Step | undefined }): React.ReactElement | null {
  if (!step) return null;
  const next = {
    spans: (
      <>
        <a {...linkTo('/setup')}>send its traces</a>, and each line leads to the request that wrote it.
      </>
    ),
    lines: (
      <>
        <a {...linkTo('/setup?card=cloudwatch')}>add its log lines</a>, and they stand in the trace at their time. Or look at{' '}
        <a {...linkTo('/traces')}>all traces</a>.
      </>
    ),
    errors: (
      <>
        <a {...linkTo('/setup?card=rollbar')}>connect its errors</a>, with code, people and the trace that they broke.
      </>
    ),
    done: (
      <>
        all is connected. Look at <a {...linkTo('/traces')}>the traces</a>: lines and errors stand in them.
      </>
    ),
  }[step];
  return <p className="next">Next: {next}</p>;
}

/** The tab says, too, whether something has come. */
function useTitle(coming: boolean): void {
  useEffect(() => {
    document.title = coming ? '● Data is coming in · Oriel' : 'Waiting for data · Oriel';
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    if (!icon) return;
    const usual = icon.href;
    if (coming) icon.href = live;
    return () => {
      icon.href = usual;
    };
  }, [coming]);
}

/** A green dot. */
const live = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="#1b7a4e"/></svg>')}`;
