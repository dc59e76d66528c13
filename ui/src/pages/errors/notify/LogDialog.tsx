import { useEffect, useState } from 'react';

import { get, post, whyOf } from '../../../api/client';
import { useLoad } from '../../../api/useLoad';
import { usePrefs } from '../../../app/prefs';
import { clock, day, momentMs } from '../../../time/format';
import { CopyButton } from '../../../widgets/CopyButton';
import { say, sayBad } from '../../../widgets/Toasts';
import { channelNames, whenWords, type Channel, type Delivery, type Rule } from './rules';
import { Dialog, DialogHead } from '../../../widgets/Dialog';

interface Props {
  channel: Channel;
  rule: Rule;
  editable: boolean;
  onClose: () => void;
}

const states = { waiting: 'waiting', delivered: 'delivered', gave_up: 'given up' } as const;
const kinds = { waiting: 'wait', delivered: 'ok', gave_up: 'bad' } as const;

/** What a rule told, each attempt, and what the receiver answered. */
export function LogDialog({ channel, rule, editable, onClose }: Props): React.ReactElement {
  const { utc } = usePrefs();
  const [turn, setTurn] = useState(0);
  const [older, setOlder] = useState<{ list: Delivery[]; next: string }>();
  const path = `errors/notifications/${channel}/rules/${rule.id}/log`;
  const page = useLoad(`${path} ${turn}`, (signal) => get<{ deliveries: Delivery[]; next: string }>(path, {}, signal));
  useEffect(() => setOlder(undefined), [turn]);
  const list = [...(page.data?.deliveries ?? []), ...(older?.list ?? [])];
  const next = older ? older.next : (page.data?.next ?? '');
  const failed = (e: unknown): void => sayBad(whyOf(e));
  const when = (at: string): string => `${day(momentMs(at), utc)} ${clock(momentMs(at), utc)}`;
  const retry = (d: Delivery): void => {
    post(`${path}/${d.id}/retry`, {}).then(() => {
      say('It is sent again now');
      setTimeout(() => setTurn((n) => n + 1), 1000);
    }, failed);
  };
  return (
    <Dialog name="Log of deliveries" className="ndialog nlog" onClose={onClose}>
      <DialogHead
        title={
          <>
            Log of deliveries{' '}
            <span className="muted">
              {channelNames[channel]}, {whenWords(rule)}
            </span>
          </>
        }
      >
        <button type="button" className="btn small" onClick={() => setTurn((n) => n + 1)}>
          Refresh
        </button>
      </DialogHead>
      {page.error && (
        <p className="note bad" role="alert">
          {page.error.message}
        </p>
      )}
      {page.data && list.length === 0 && (
        <p className="muted">
          This rule has told nothing yet. The newest 500 deliveries are kept here, each attempt with what was answered.
        </p>
      )}
      <ul className="ndeliveries">
        {list.map((d) => (
          <li key={d.id}>
            <div className="row">
              <span className="nstate" data-kind={kinds[d.state]}>
                <i aria-hidden="true" />
                <b>{states[d.state]}</b>
              </span>
              <span className="grow clip" title={d.what}>
                {d.what || d.event}
              </span>
              <span className="muted num">{when(d.at)}</span>
              {editable && d.state !== 'delivered' && !d.test && (
                <button type="button" className="btn small" onClick={() => retry(d)}>
                  Send now
                </button>
              )}
            </div>
            {d.state === 'waiting' && d.next !== '' && d.attempts.length > 0 && (
              <p className="muted">
                next attempt at {when(d.next)}, the {d.attempts.length + 1}. of 11
              </p>
            )}
            <ol>
              {d.attempts.map((a, i) => (
                <li key={i} className={a.error ? 'bad' : ''}>
                  <span className="muted num">{clock(momentMs(a.at), utc)}</span>{' '}
                  <span>{a.error || (a.status ? `answered ${a.status}` : 'taken')}</span>{' '}
                  <span className="muted">in {a.took_ms < 10 ? a.took_ms.toFixed(1) : Math.round(a.took_ms)}&thinsp;ms</span>
                  {a.response && <code className="clip">{a.response.slice(0, 300)}</code>}
                </li>
              ))}
            </ol>
            {d.body && (
              <details>
                <summary>What was sent{d.to && <span className="muted"> to {d.to}</span>}</summary>
                <CopyButton className="btn small" label="Copy" text={() => d.body} />
                {/* It scrolls, so it must be reached by key. */}
                {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
                <pre className="icanon" tabIndex={0} role="region" aria-label="What was sent">
                  {pretty(d.body)}
                </pre>
              </details>
            )}
          </li>
        ))}
      </ul>
      {next !== '' && (
        <button
          type="button"
          className="btn"
          onClick={() =>
            get<{ deliveries: Delivery[]; next: string }>(path, { cursor: next }).then(
              (p) => setOlder({ list: [...(older?.list ?? []), ...p.deliveries], next: p.next }),
              failed,
            )
          }
        >
          Older
        </button>
      )}
    </Dialog>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
