import { useEffect, useState } from 'react';

import { get } from '../../../api/client';
import type { Start } from '../../../api/types';
import { useLoad } from '../../../api/useLoad';
import { useKeys } from '../../../app/keys';
import { linkTo } from '../../../app/location';
import { usePrefs } from '../../../app/prefs';
import { ago, bytes, clock, count, day } from '../../../time/format';
import { CopyButton } from '../../../widgets/CopyButton';
import { grouped, type Rejected, type RejectedGroup } from './types';

/** Payloads that were turned away in the last day, and what their senders should change. */
export default function RejectedPage({ start }: { start: Start | undefined }): React.ReactElement {
  const [turn, setTurn] = useState(0);
  const [open, setOpen] = useState('');
  const { data, error, loading } = useLoad(`rejected ${turn} ${start?.environment ?? ''}`, (signal) =>
    get<{ rejected: Rejected[] }>('errors/rejected', {}, signal),
  );
  useEffect(() => {
    document.title = 'Rejected payloads · Oriel';
  }, []);
  useKeys('Rejected payloads', { r: ['look again', () => setTurn((n) => n + 1)] });
  const groups = grouped(data?.rejected ?? []);
  return (
    <div className="ebody escroll" aria-busy={loading}>
      <div className={loading ? 'progress on' : 'progress'} />
      <div className="ehero">
        <h1>Rejected payloads</h1>
        <p className="muted">
          Reports of errors that were turned away in the last day, with the reason and what to change. What is stored was never here.
        </p>
        <button type="button" className="btn small" onClick={() => setTurn((n) => n + 1)} title="Look again (r)">
          Refresh
        </button>
      </div>
      {error && (
        <p className="note bad" role="alert">
          {error.message}
        </p>
      )}
      {data && groups.length === 0 && (
        <div className="empty">
          <h2>Nothing was turned away</h2>
          <p>
            If an app’s errors don’t show up, they did not reach this server: see its endpoint and the network.{' '}
            <a {...linkTo('/setup')}>Set-up</a> shows what comes in, live.
          </p>
        </div>
      )}
      {groups.map((g) => (
        <Group key={g.key} group={g} open={open === g.key} onFlip={() => setOpen(open === g.key ? '' : g.key)} />
      ))}
    </div>
  );
}

function Group({ group, open, onFlip }: { group: RejectedGroup; open: boolean; onFlip: () => void }): React.ReactElement {
  const { utc } = usePrefs();
  const r = group.newest;
  const ms = r.at / 1e6;
  return (
    <section className="epart erej" aria-label={group.reason}>
      <header>
        <span className="badge">{group.status}</span>
        <h2 className="grow">{group.reason}</h2>
        <span title={`${day(ms, utc)} ${clock(ms, utc)}`} className="muted">
          {count(group.count)} {group.count === 1 ? 'time' : 'times'}, last {ago(Date.now() - ms)}
        </span>
        <button type="button" className="btn small" aria-expanded={open} onClick={onFlip}>
          {open ? 'Less' : 'Details'}
        </button>
      </header>
      {group.remedy && <p>{group.remedy}</p>}
      {open && (
        <>
          <table>
            <thead>
              <tr>
                <th>Time</th>
                <th>From</th>
                <th>Client</th>
                <th>Token</th>
                <th>Path</th>
                <th className="num">Size</th>
                <th className="num">More like it</th>
              </tr>
            </thead>
            <tbody>
              {group.list.slice(0, 50).map((x) => (
                <tr key={x.id}>
                  <td>
                    {day(x.at / 1e6, utc)} {clock(x.at / 1e6, utc)}
                  </td>
                  <td>{x.address}</td>
                  <td className="icell clip" title={x.user_agent}>
                    {x.user_agent}
                  </td>
                  <td className="mono">{[x.token && `${x.token}…`, x.token_name].filter(Boolean).join(' ')}</td>
                  <td className="mono icell clip">{x.path}</td>
                  <td className="num">{bytes(x.bytes)}</td>
                  <td className="num">{x.more > 0 ? count(x.more) : ''}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {r.payload !== '' && (
            <>
              <p className="row">
                <span className="muted">The beginning of the newest, scrubbed</span>
                <CopyButton className="btn small bare" label="Copy" text={() => r.payload} />
              </p>
              {/* It scrolls, so it must be reached by key. */}
              {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
              <pre className="icanon" tabIndex={0} role="region" aria-label="Payload">
                {r.payload}
              </pre>
            </>
          )}
        </>
      )}
    </section>
  );
}
