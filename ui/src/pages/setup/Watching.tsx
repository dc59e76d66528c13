import { useEffect, useState } from 'react';

import { ApiError, listen, post } from '../../api/client';
import type { Received, Refused } from '../../api/types';
import { linkTo } from '../../app/location';
import { ago, count, momentMs } from '../../time/format';

export interface Seen {
  received: (Received & { n: number })[];
  refused: Refused[];
}

/** Counts by service, the newest first. */
export function note(list: Seen['received'], r: Received): Seen['received'] {
  const before = list.find((x) => x.service === r.service && x.dataset === r.dataset);
  return [{ ...r, n: (before?.n ?? 0) + r.spans }, ...list.filter((x) => x !== before)];
}

const fresh = 60_000; // data older than this is not what somebody waits for
const shownRefused = 10;

/** What arrives and what is refused, as it happens. */
export function Watching(): React.ReactElement {
  const [seen, setSeen] = useState<Seen>({ received: [], refused: [] });
  const [opened] = useState(() => Date.now());
  const [now, setNow] = useState(opened);
  const [problem, setProblem] = useState('');
  const [connected, setConnected] = useState(true);
  useEffect(() => {
    // A resumed stream repeats nothing, one begun anew begins with the oldest kept.
    setSeen({ received: [], refused: [] });
    return listen(
      'watch',
      {
        received: (data) => setSeen((s) => ({ ...s, received: note(s.received, data as Received) })),
        refused: (data) => setSeen((s) => ({ ...s, refused: [data as Refused, ...s.refused].slice(0, shownRefused) })),
      },
      setConnected,
    );
  }, []);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const newest = seen.received[0];
  const age = newest ? now - momentMs(newest.at) : Infinity;
  const coming = age < fresh;
  const title = coming
    ? 'Data is coming in'
    : newest
      ? `Waiting for new data · the last came ${ago(age)}`
      : `Waiting for the first data · ${Math.round((now - opened) / 1000)} s`;
  useEffect(() => {
    document.title = coming ? '● Data is coming in · Oriel' : 'Waiting for data · Oriel';
  }, [coming]);
  const send = (): void => {
    setProblem('');
    post('test-event', {}).catch((e: unknown) => setProblem(e instanceof ApiError ? e.message : 'the server can’t be reached'));
  };
  return (
    <section className="panel watching" aria-label="Watching">
      <div className="row">
        <span className={coming ? 'dot on' : 'dot'} aria-hidden="true" />
        <h2 className="grow">
          {title}
          {!connected && <span className="error-text"> · connection lost, trying again</span>}
        </h2>
        <button type="button" className="btn small" onClick={send}>
          Send a test event
        </button>
      </div>
      {problem && (
        <p className="error-text" role="alert">
          {problem}
        </p>
      )}
      {seen.received.length > 0 && (
        <ul aria-live="polite" aria-relevant="additions">
          {seen.received.slice(0, 5).map((r) => (
            <li key={`${r.service} ${r.dataset}`} className="row">
              <span>
                <b>{count(r.n)}</b> {r.n === 1 ? 'event' : 'events'} from <code>{r.service || r.dataset}</code>
              </span>
              <span className="muted">{ago(now - momentMs(r.at))}</span>
              {r.trace_id && <a {...linkTo(`/trace/${encodeURIComponent(r.trace_id)}`)}>Open its trace</a>}
            </li>
          ))}
        </ul>
      )}
      {coming && (
        <p className="next">
          Next: look at <a {...linkTo('/traces')}>all traces</a>.
        </p>
      )}
      <Doctor refused={seen.refused} now={now} />
    </section>
  );
}

/** What was refused, why, and what to do about it. Keys come masked. */
function Doctor({ refused, now }: { refused: Refused[]; now: number }): React.ReactElement | null {
  if (refused.length === 0) return null;
  return (
    <>
      <h3>Refused</h3>
      <ul className="refused" aria-live="polite" aria-relevant="additions">
        {refused.map((r, i) => (
          <li key={`${r.at}-${i}`}>
            <p>
              <span className="badge">{r.status}</span>{' '}
              <code>
                {r.method} {r.path}
              </code>{' '}
              from {r.remote}
              {r.key && (
                <>
                  , key <code>{r.key}</code>
                </>
              )}{' '}
              <span className="muted">{ago(now - momentMs(r.at))}</span>
            </p>
            <p>
              {r.reason}
              {r.remedy && <>. {r.remedy}</>}
            </p>
          </li>
        ))}
      </ul>
    </>
  );
}
