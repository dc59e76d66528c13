import { useState } from 'react';

import type { Telemetry } from '../../../api/errors';
import { agoOf, isBad, kindOf, kinds, places, wordsOf, type Kind } from './telemetry';
import { ValueTree } from './ValueTree';

const most = 100;
/** As many of the last ones stand here at first: the trace and the lines of the request are below. */
const atFirst = 12;

/** What happened before the error, on an axis with the error at its right, and as a list. */
export function TelemetryPart({ list, at, source }: { list: Telemetry[]; at: string; source: string }): React.ReactElement | null {
  const [hidden, setHidden] = useState<ReadonlySet<Kind>>(new Set());
  const [open, setOpen] = useState(-1);
  const [all, setAll] = useState(false);
  if (list.length === 0) return null;
  const there = kinds.filter((k) => list.some((t) => kindOf(t) === k));
  const shown = list.slice(-most).filter((t) => !hidden.has(kindOf(t)));
  const at01 = places(shown, at);
  const earlier = all || shown.length <= atFirst + 1 ? 0 : shown.length - atFirst;
  return (
    <section className="epart" aria-label="What happened before">
      <header>
        <h2>What happened before</h2>
        <span className="grow" />
        {there.length > 1 && (
          <span className="row" role="group" aria-label="Kinds of events">
            {there.map((k) => (
              <button
                key={k}
                type="button"
                className="btn small"
                aria-pressed={!hidden.has(k)}
                onClick={() => {
                  const next = new Set(hidden);
                  if (!next.delete(k)) next.add(k);
                  setHidden(next);
                  setOpen(-1);
                }}
              >
                {k} <span className="ecount">{list.filter((t) => kindOf(t) === k).length}</span>
              </button>
            ))}
          </span>
        )}
      </header>
      <div className="etl-axis" aria-hidden="true">
        {shown.map((t, i) => (
          <button
            key={i}
            type="button"
            tabIndex={-1}
            className={`etl-dot${isBad(t) ? ' bad' : ''}${open === i ? ' on' : ''}`}
            style={{ left: `${at01[i]! * 98}%` }}
            title={wordsOf(t).slice(0, 200)}
            onClick={() => {
              setOpen(i);
              if (i < earlier) setAll(true);
            }}
          />
        ))}
        <span className="etl-end" />
      </div>
      <ol className="etl">
        {earlier > 0 && (
          <li>
            <button type="button" className="link accent etl-more" onClick={() => setAll(true)}>
              Show {earlier} earlier
            </button>
          </li>
        )}
        {shown.map(
          (t, i) =>
            i >= earlier && (
              <li key={i} className={open === i ? 'on' : ''}>
                <button type="button" className="link" aria-expanded={open === i} onClick={() => setOpen(open === i ? -1 : i)}>
                  <span className="etl-when muted">{agoOf(t, at)}</span>
                  <span className="etl-kind">{kindOf(t)}</span>
                  <span className={isBad(t) ? 'clip error-text' : 'clip'}>{wordsOf(t).slice(0, 300)}</span>
                </button>
                {open === i && <ValueTree value={t.body} source={source} />}
              </li>
            ),
        )}
        {list.length > most && (all || earlier === 0) && <li className="muted">{list.length - most} earlier ones are in the raw JSON.</li>}
      </ol>
    </section>
  );
}
