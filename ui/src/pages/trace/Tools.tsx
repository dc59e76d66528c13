import { useRef } from 'react';

import { useKeys } from '../../app/keys';
import { setParams } from '../../app/location';

interface Props {
  term: string; matched: number | undefined; errorsOnly: boolean; matchesOnly: boolean; foldRepeats: boolean; showCritical: boolean;
  view: 'waterfall' | 'table'; root: string; onRefold: () => void;
}

export function Tools(p: Props): React.ReactElement {
  const field = useRef<HTMLInputElement>(null);
  useKeys('find', { '/': ['find in trace', () => field.current?.focus()] });
  const flip = (name: string, on: boolean, value: string): void => setParams({ [name]: on ? undefined : value }, true);
  return (
    <div className="row trace-tools" role="toolbar" aria-label="Trace">
      <input
        ref={field}
        className="input"
        aria-label="Find in trace"
        placeholder="Find: text, name:…, duration>100ms, /pattern/"
        defaultValue={p.term}
        onChange={(e) => setParams({ find: e.target.value }, true)}
      />
      <span className="muted" role="status">
        {p.matched !== undefined && `${p.matched} found`}
      </span>
      <button type="button" className="btn small" aria-pressed={p.matchesOnly} disabled={p.matched === undefined} onClick={() => flip('only', p.matchesOnly, '1')}>
        Matches only
      </button>
      <button type="button" className="btn small" aria-pressed={p.errorsOnly} onClick={() => flip('errors', p.errorsOnly, '1')}>
        Errors only
      </button>
      <button
        type="button"
        className="btn small"
        aria-pressed={p.foldRepeats}
        onClick={() => {
          p.onRefold();
          flip('repeats', !p.foldRepeats, 'open');
        }}
      >
        Fold repeats
      </button>
      <button type="button" className="btn small" aria-pressed={p.showCritical} onClick={() => flip('critical', !p.showCritical, 'off')}>
        Critical path
      </button>
      {p.root && (
        <button type="button" className="btn small" onClick={() => setParams({ root: undefined })}>
          ← whole trace, from {p.root}
        </button>
      )}
      <span className="grow" />
      <div className="row views" role="group" aria-label="View">
        <button type="button" className="btn small" aria-pressed={p.view === 'waterfall'} onClick={() => setParams({ view: undefined })}>
          Waterfall
        </button>
        <button type="button" className="btn small" aria-pressed={p.view === 'table'} onClick={() => setParams({ view: 'table' })}>
          Table
        </button>
      </div>
    </div>
  );
}
