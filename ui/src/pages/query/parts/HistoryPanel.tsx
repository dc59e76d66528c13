import { useEffect, useRef, useState } from 'react';

import { get } from '../../../api/client';
import { useLoad } from '../../../api/useLoad';
import { linkTo } from '../../../app/location';
import { fromSpec } from '../../../query/spec';
import { ago, count, momentMs } from '../../../time/format';
import { every } from '../data';
import { addressOf, encodeQuestion, rangeOf } from '../url';

interface PastRun {
  id?: string;
  query: Record<string, unknown>;
  text: string;
  dataset: string;
  at: string;
  elapsed_ms: number;
  rows: number;
  name?: string;
}

/** The address that asks a past question again. */
export function askAgain(run: Pick<PastRun, 'query' | 'dataset'>): string {
  const dataset = run.dataset || every;
  try {
    const { question, span } = fromSpec(run.query);
    return addressOf(dataset, { ...encodeQuestion(question), ...rangeOf(span) });
  } catch {
    return addressOf(dataset, { query: JSON.stringify(run.query) }); // the page says what is wrong with it
  }
}

/** What was asked before, newest first; each opens as a question, or as the result that was kept. */
export function HistoryPanel({ env, turn, onClose }: { env: string; turn: string; onClose: () => void }): React.ReactElement {
  const [find, setFind] = useState('');
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const { data, error } = useLoad(
    `history ${env} ${find} ${turn}`,
    async (signal) => (await get<{ runs: PastRun[] | null }>('history', { limit: '100', q: find }, signal)).runs ?? [],
  );
  const now = Date.now();
  return (
    <aside className="bubble history" aria-label="History">
      <header>
        <div className="row">
          <h2 className="grow">History</h2>
          <button type="button" className="btn small bare" onClick={onClose} title="Close (h)">
            Close
          </button>
        </div>
        <input
          ref={input}
          className="input small"
          aria-label="Find in the history"
          placeholder="find by words of the query, its dataset or name"
          value={find}
          onChange={(e) => setFind(e.target.value)}
          onKeyDown={(e) => {
            if (e.key !== 'Escape') return;
            e.stopPropagation();
            if (find) setFind('');
            else onClose();
          }}
        />
      </header>
      <div className="bubble-list">
        {error && (
          <p className="note bad" role="alert">
            {error.message}
          </p>
        )}
        {data?.length === 0 && <p className="empty">{find ? 'No query holds these words.' : 'Nothing was asked yet.'}</p>}
        <p className="muted history-note">
          Each query you run is listed and its answer kept; what refreshes by itself is not. Beyond 10,000 queries, or 1 GiB of answers, the
          oldest go.
        </p>
        <ul>
          {data?.map((run, i) => (
            <li key={`${run.at} ${i}`} className="pastrun">
              {run.name && <b>{run.name}</b>}
              <a className="pasttext" {...linkTo(askAgain(run))}>
                {run.text}
              </a>
              <span className="muted">
                {run.dataset === every || run.dataset === '' ? 'all datasets' : run.dataset} · {ago(now - momentMs(run.at))} ·{' '}
                {count(run.rows)} {run.rows === 1 ? 'row' : 'rows'} · {Math.round(run.elapsed_ms)}
                {'\u2009'}ms
                {run.id && (
                  <>
                    {' · '}
                    <a {...linkTo(`/r/${encodeURIComponent(run.id)}`)}>its result</a>
                  </>
                )}
              </span>
            </li>
          ))}
        </ul>
      </div>
    </aside>
  );
}
