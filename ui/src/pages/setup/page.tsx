import './setup.css';

import { useEffect, useState } from 'react';

import { ApiError, get, listen, post } from '../../api/client';
import type { Received, Refused, Setup, Snippet } from '../../api/types';
import { useLoad } from '../../api/useLoad';
import { linkTo, setParams, useAddress } from '../../app/location';
import { ago, momentMs } from '../../time/format';
import { Code } from './Code';

export default function SetupPage(): React.ReactElement {
  const setup = useLoad('setup', (signal) => get<Setup>('setup', {}, signal));
  const url = useAddress();
  const languages = setup.data?.cards[0]?.languages ?? [];
  const chosen = languages.find((l) => l.id === url.searchParams.get('lang')) ?? languages[0];
  return (
    <div className="page setup">
      <h1>Set up a service</h1>
      <p className="lead">
        Point any OpenTelemetry SDK at this server: three variables are enough, and code written for Honeycomb needs no change.
        {setup.data && (
          <>
            {' '}
            It listens at <code>{setup.data.endpoint}</code>.
          </>
        )}
      </p>
      <Watching />
      {setup.error && <p className="note bad">{setup.error.message}</p>}
      <div role="tablist" aria-label="Language" className="tabs">
        {languages.map((l) => (
          <button key={l.id} type="button" role="tab" aria-selected={l === chosen} onClick={() => setParams({ lang: l.id }, true)}>
            {l.title}
          </button>
        ))}
      </div>
      {chosen && <Steps snippet={chosen} />}
    </div>
  );
}

function Steps({ snippet }: { snippet: Snippet }): React.ReactElement {
  const steps = [
    ['Install', snippet.install],
    ['Set the environment', snippet.env],
    [snippet.lang === 'bash' ? 'Run' : snippet.lang === 'yaml' ? 'Configure' : 'Instrument', snippet.code],
  ].filter(([, text]) => text);
  return (
    <div role="tabpanel" aria-label={snippet.title} className="steps">
      {steps.map(([title, text], i) => (
        <section key={title}>
          <h2>
            {i + 1}. {title}
          </h2>
          <Code text={text!} />
        </section>
      ))}
    </div>
  );
}

interface Seen { received: (Received & { n: number })[]; refused: Refused[] }

/** What arrives and what is refused, as it happens. */
function Watching(): React.ReactElement {
  const [seen, setSeen] = useState<Seen>({ received: [], refused: [] });
  const [opened] = useState(() => Date.now());
  const [now, setNow] = useState(opened);
  const [problem, setProblem] = useState('');
  const [connected, setConnected] = useState(true);
  useEffect(
    () =>
      listen(
        'watch',
        {
          received: (data) => setSeen((s) => ({ ...s, received: note(s.received, data as Received) })),
          refused: (data) => setSeen((s) => ({ ...s, refused: [data as Refused, ...s.refused].slice(0, 10) })),
        },
        setConnected,
      ),
    [],
  );
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  const send = (): void => {
    setProblem('');
    post('test-event', {}).catch((e: unknown) => setProblem(e instanceof ApiError ? e.message : 'the server can’t be reached'));
  };
  return (
    <section className="panel watching" aria-label="Watching">
      <div className="row">
        <span className={seen.received.length > 0 ? 'dot on' : 'dot'} aria-hidden="true" />
        <h2 className="grow">
          {seen.received.length > 0 ? 'Data is coming in' : `Waiting for the first data · ${Math.round((now - opened) / 1000)} s`}
          {!connected && <span className="error-text"> · connection lost, trying again</span>}
        </h2>
        <button type="button" className="btn" onClick={send}>
          Send a test trace
        </button>
      </div>
      {problem && <p className="error-text">{problem}</p>}
      <ul aria-live="polite">
        {seen.received.slice(0, 5).map((r) => (
          <li key={r.service + r.dataset} className="row">
            <span>
              <b>{r.n}</b> {r.n === 1 ? 'event' : 'events'} from <code>{r.service || r.dataset}</code>
            </span>
            <span className="muted">{ago(now - momentMs(r.at))}</span>
            {r.trace_id && <a {...linkTo(`/trace/${r.trace_id}`)}>open its trace</a>}
          </li>
        ))}
      </ul>
      {seen.refused.length > 0 && (
        <>
          <h3>Refused</h3>
          <ul className="refused">
            {seen.refused.map((r, i) => (
              <li key={`${r.at}-${i}`}>
                <span className="error-text">{r.status}</span>{' '}
                <code>
                  {r.method} {r.path}
                </code>{' '}
                from {r.remote}
                {r.key && (
                  <>
                    , key <code>{r.key}</code>
                  </>
                )}
                : {r.reason}. <span className="muted">{r.remedy}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

/** Counts by service, the newest first. */
function note(list: (Received & { n: number })[], r: Received): (Received & { n: number })[] {
  const before = list.find((x) => x.service === r.service && x.dataset === r.dataset);
  return [{ ...r, n: (before?.n ?? 0) + r.spans }, ...list.filter((x) => x !== before)];
}
