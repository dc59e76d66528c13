import { useEffect, useRef, useState } from 'react';

import { linkTo } from '../../../app/location';
import { Canvas } from '../../../charts/Canvas';
import { drawSketch, type Sketch } from '../../../charts/sketch';
import { ago, count, momentMs } from '../../../time/format';
import type { Dataset } from '../data';
import { useHistory, type PastRun } from '../useHistory';

// What the page itself holds comes as properties, so that this part is loaded alone.
interface Props {
  /** The slug of all datasets together. */
  every: string;
  /** The address that asks a past question again. */
  again: (run: PastRun) => string;
  /** What this browser calls itself. */
  browser: string;
  env: string;
  /** Keys are not needed, so that it is the browser that is known. */
  open: boolean;
  datasets: Dataset[];
  /** The list is loaded anew when this changes. */
  turn: string;
  onClose: () => void;
}

/** What was asked before, newest first; each opens as a question, or as the result that was kept. */
export default function HistoryPanel({ every, again, browser, env, open, datasets, turn, onClose }: Props): React.ReactElement {
  const [find, setFind] = useState('');
  const [mine, setMine] = useState(false);
  const [dataset, setDataset] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const box = useRef<HTMLElement>(null);
  useEffect(() => input.current?.focus(), []);
  const { runs, error, loading, more } = useHistory({ find, mine, dataset, browser }, `${env} ${turn}`);
  const now = Date.now();
  const whose = open ? 'This browser' : 'Mine';
  /** Up and down the list from the field, and back; Enter opens, as a link does. */
  const move = (e: React.KeyboardEvent): void => {
    const by = e.key === 'ArrowDown' || (e.key === 'j' && e.target !== input.current) ? 1 : e.key === 'ArrowUp' || (e.key === 'k' && e.target !== input.current) ? -1 : 0; // prettier-ignore
    if (by === 0 || e.target instanceof HTMLSelectElement || e.ctrlKey || e.metaKey || e.altKey) return;
    const all = [...box.current!.querySelectorAll<HTMLElement>('a.pasttext')];
    const row = (e.target as HTMLElement).closest('li');
    const at = row ? all.findIndex((a) => row.contains(a)) : -1;
    e.preventDefault();
    e.stopPropagation();
    if (at + by < 0) return input.current?.focus();
    const next = all[Math.min(at + by, all.length - 1)];
    next?.focus();
    if (at + by >= all.length - 5) more?.();
  };
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- keys of what is within
    <aside className="bubble history" aria-label="History" ref={box} onKeyDown={move}>
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
        <div className="row history-filter">
          <div className="views" role="group" aria-label="Whose">
            {[false, true].map((m) => (
              <button
                key={String(m)}
                type="button"
                className="btn small"
                aria-pressed={mine === m}
                title={m ? (open ? 'Only what was asked in this browser' : 'Only what was asked with your key') : undefined}
                onClick={() => setMine(m)}
              >
                {m ? whose : 'Everyone'}
              </button>
            ))}
          </div>
          <select className="input small" aria-label="Asked of" value={dataset} onChange={(e) => setDataset(e.target.value)}>
            <option value="">of any dataset</option>
            <option value={every}>of all datasets together</option>
            {datasets.map((d) => (
              <option key={d.slug} value={d.slug}>
                {d.slug}
              </option>
            ))}
          </select>
        </div>
      </header>
      <div
        className="bubble-list"
        aria-busy={loading}
        onScroll={(e) => {
          const list = e.currentTarget;
          if (!loading && list.scrollTop + 2 * list.clientHeight > list.scrollHeight) more?.();
        }}
      >
        {error && (
          <p className="note bad" role="alert">
            {error.message}
          </p>
        )}
        {runs?.length === 0 && !loading && (
          <p className="empty">{find || mine || dataset ? 'No query is like this.' : 'Nothing was asked yet.'}</p>
        )}
        <ul>
          {runs?.map((run) => (
            <Past
              key={`${run.at} ${run.id ?? ''} ${run.text}`}
              run={run}
              now={now}
              known={mine ? '' : whose}
              of={run.dataset === every || run.dataset === '' ? 'all datasets' : run.dataset}
              address={again(run)}
            />
          ))}
        </ul>
        {more && (
          <p className="history-note">
            <button type="button" className="btn small" disabled={loading} onClick={more}>
              Older queries
            </button>
          </p>
        )}
        <p className="muted history-note">
          Each query you run is listed and its answer kept; what refreshes by itself is not. Beyond 10,000 queries, or 1 GiB of answers, the
          oldest go.
        </p>
      </div>
    </aside>
  );
}

/** One run; `known` is what the reader's own are called, empty where all are. */
function Past({
  run,
  now,
  known,
  of,
  address,
}: {
  run: PastRun;
  now: number;
  known: string;
  of: string;
  address: string;
}): React.ReactElement {
  const by = run.mine ? known.toLowerCase() : (run.by ?? '');
  return (
    <li className="pastrun">
      {run.sketch ? <Picture sketch={run.sketch} /> : <span className="pastpicture none" aria-hidden="true" />}
      <div className="pastwords">
        {run.name && <b>{run.name}</b>}
        <a className="pasttext" {...linkTo(address)}>
          {run.text}
        </a>
        <span className="muted">
          {of} · {ago(now - momentMs(run.at))}
          {by && ` · ${by}`} · {count(run.rows)} {run.rows === 1 ? 'row' : 'rows'} · {Math.round(run.elapsed_ms)}
          {'\u2009'}ms
          {run.id && (
            <>
              {' · '}
              <a {...linkTo(`/r/${encodeURIComponent(run.id)}`)}>its result</a>
            </>
          )}
        </span>
      </div>
    </li>
  );
}

const pictureWidth = 104;
const pictureHeight = 44;

/** What the result looked like. It is beside its words, which say all that those who don't see it need. */
function Picture({ sketch }: { sketch: Sketch }): React.ReactElement {
  // Drawn anew only for another picture.
  const [draw] = useState(
    () =>
      (ctx: CanvasRenderingContext2D, theme: Parameters<typeof drawSketch>[1]): void =>
        drawSketch(ctx, theme, sketch, pictureWidth, pictureHeight),
  );
  return (
    <span className="pastpicture" title={`${sketch.calc}, as it was`}>
      <Canvas width={pictureWidth} height={pictureHeight} label={`${sketch.calc} over time`} draw={draw} />
    </span>
  );
}
