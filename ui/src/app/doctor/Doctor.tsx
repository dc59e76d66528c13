import './doctor.css';

import { useState } from 'react';

import type { Dropped, Refused } from '../../api/types';
import { ago, count, momentMs } from '../../time/format';
import { dropOf, refusalOf, type Book } from './book';

const shownAtFirst = 10;

/** What was refused or dropped, why, and what to do about it. Keys come masked. */
export function Doctor({ book, now }: { book: Book; now: number }): React.ReactElement {
  const lost = book.dropped.filter((d) => !d.stored);
  const altered = book.dropped.filter((d) => d.stored);
  const fine = book.refused.length === 0 && book.dropped.length === 0;
  return (
    <section className="doctor" id="doctor" aria-label="Ingest doctor">
      <h2>Ingest doctor</h2>
      {fine && <p className="muted">Nothing was refused, dropped or cut since the server started.</p>}
      <List title="Refused" entries={book.refused} keyOf={refusalOf}>
        {(r) => <RefusedEntry r={r} now={now} />}
      </List>
      <List title="Dropped" entries={lost} keyOf={dropOf}>
        {(d) => <DroppedEntry d={d} now={now} />}
      </List>
      <List title="Stored with less than was sent" entries={altered} keyOf={dropOf}>
        {(d) => <DroppedEntry d={d} now={now} />}
      </List>
    </section>
  );
}

interface ListProps<T> {
  title: string;
  entries: readonly T[];
  keyOf: (entry: T) => string;
  children: (entry: T) => React.ReactNode;
}

function List<T>({ title, entries, keyOf, children }: ListProps<T>): React.ReactElement | null {
  const [all, setAll] = useState(false);
  if (entries.length === 0) return null;
  const hidden = all ? 0 : Math.max(0, entries.length - shownAtFirst);
  return (
    <>
      <h3>{title}</h3>
      <ul aria-live="polite" aria-relevant="additions">
        {entries.slice(0, entries.length - hidden).map((e) => (
          <li key={keyOf(e)}>{children(e)}</li>
        ))}
      </ul>
      {hidden > 0 && (
        <button type="button" className="btn small" onClick={() => setAll(true)}>
          {hidden} more
        </button>
      )}
    </>
  );
}

function RefusedEntry({ r, now }: { r: Refused; now: number }): React.ReactElement {
  return (
    <>
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
        <span className="muted">
          {ago(now - momentMs(r.at))}
          {r.count > 1 && ` · ${count(r.count)} times`}
        </span>
      </p>
      <Why reason={r.reason} remedy={r.remedy} />
    </>
  );
}

function DroppedEntry({ d, now }: { d: Dropped; now: number }): React.ReactElement {
  const last = d.last.at(-1);
  return (
    <>
      <p>
        <b>{count(d.count)}</b> × <code>{d.reason}</code> <span className="muted">{d.protocol}</span>{' '}
        {last && <span className="muted">{ago(now - momentMs(last.at))}</span>}
      </p>
      <Why reason={last?.detail ?? ''} remedy={d.remedy} />
    </>
  );
}

function Why({ reason, remedy }: { reason: string; remedy: string }): React.ReactElement | null {
  if (!reason && !remedy) return null;
  return (
    <p>
      {reason && <span>{/[.!?…]$/.test(reason) ? reason : `${reason}.`} </span>}
      {remedy && <b className="remedy">{remedy}</b>}
    </p>
  );
}
