import { useEffect, useState } from 'react';

import { post, whyOf } from '../../api/client';
import { count } from '../../time/format';
import { kept, type DryRun } from './rules';

interface Props {
  /** The body that is asked for, as JSON, or "" for none yet. */
  ask: string;
  onError: (message: string) => void;
}

const waitMs = 350;
const mostKinds = 50;

/** What the last hour's requests would have come to with a rule that is not kept yet. */
export function DryRunPart({ ask, onError }: Props): React.ReactElement {
  const [run, setRun] = useState<DryRun>();
  const [busy, setBusy] = useState(true);
  const [failed, setFailed] = useState('');
  useEffect(() => {
    if (ask === '') return undefined;
    const abort = new AbortController();
    setBusy(true);
    const timer = setTimeout(() => {
      post<DryRun>('sampling/dryrun', JSON.parse(ask), abort.signal)
        .then(
          (r) => {
            setRun(r);
            setFailed('');
            onError('');
          },
          (e: unknown) => {
            if (abort.signal.aborted) return;
            const message = whyOf(e);
            setFailed(message);
            onError(message);
          },
        )
        .finally(() => !abort.signal.aborted && setBusy(false));
    }, waitMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [ask, onError]);
  return (
    <section className="sdry" aria-label="Dry run" aria-busy={busy}>
      <h3>Dry run over the last hour</h3>
      <p role="status">
        {run ? <Sentence run={run} /> : failed ? '' : 'Looking at the last hour’s requests…'}
        {failed && <span className="muted"> Not looked at with what is written now.</span>}
      </p>
      <p className="muted">
        Only requests that arrived here are seen: those that today’s rules left out in the clients are not among them; a sampled one counts
        for all it stands for. Attributes and resource ARNs are not known of requests, so a rule that asks for one decides nothing here.
      </p>
      {run && run.requests > 0 && <Figures run={run} />}
    </section>
  );
}

function Sentence({ run }: { run: DryRun }): React.ReactElement {
  if (run.requests === 0) return <>No requests arrived in the last hour, so there is nothing to try the rules on.</>;
  return (
    <>
      Of the last hour’s {count(Math.round(run.requests))} requests that arrived, this table keeps <b>{count(kept(run, 'then'))}</b>; as it
      is now it keeps <b>{count(kept(run, 'now'))}</b>.{run.cut && ' There were more kinds of requests than could be looked at.'}
    </>
  );
}

function Figures({ run }: { run: DryRun }): React.ReactElement {
  const whole = (n: number): string => count(Math.round(n));
  const kinds = run.kinds.slice(0, mostKinds);
  const more = run.kinds.length - kinds.length + run.more_kinds;
  return (
    // It scrolls, so it must be reached by key.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="sfigures" tabIndex={0} role="region" aria-label="Figures of the dry run">
      <table>
        <caption className="sr">What each rule keeps, now and then</caption>
        <thead>
          <tr>
            <th>Rule</th>
            <th className="num">Decides now</th>
            <th className="num">then</th>
            <th className="num">Keeps now</th>
            <th className="num">then</th>
          </tr>
        </thead>
        <tbody>
          {run.rules.map((r) => (
            <tr key={r.name}>
              <td>{r.name}</td>
              <td className="num">{whole(r.now.requests)}</td>
              <td className={changed(r.now.requests, r.then.requests)}>{whole(r.then.requests)}</td>
              <td className="num">{whole(r.now.kept)}</td>
              <td className={changed(r.now.kept, r.then.kept)}>{whole(r.then.kept)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <table>
        <caption className="sr">The most frequent kinds of requests and the rule that decides each</caption>
        <thead>
          <tr>
            <th>Kind of request</th>
            <th className="num">Requests</th>
            <th>Rule now</th>
            <th>then</th>
          </tr>
        </thead>
        <tbody>
          {kinds.map((k) => (
            <tr key={JSON.stringify([k.service, k.host, k.method, k.path])}>
              <td className="skind">
                {k.service} <code>{[k.method, k.host + k.path].filter(Boolean).join(' ')}</code>
              </td>
              <td className="num">{whole(k.requests)}</td>
              <td>{k.now}</td>
              <td>{k.then === k.now ? <span className="muted">the same</span> : <b>{k.then}</b>}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0 && <p className="muted">and {count(more)} kinds that are less frequent</p>}
    </div>
  );
}

function changed(now: number, then: number): string {
  return Math.round(now) === Math.round(then) ? 'num' : 'num schanged';
}
