import { useEffect, useMemo, useRef } from 'react';

import { useKeys } from '../../app/keys';
import type { TraceModel } from '../../charts/model';
import { inlineMarks } from '../../charts/rows';
import { count } from '../../time/format';
import { Menu } from '../../widgets/Menu';
import { views, type TraceState } from './url';

interface Props {
  trace: TraceModel;
  state: TraceState;
  set: (change: Partial<TraceState>, replace?: boolean) => void;
  matches: Uint8Array | undefined;
  /** What is wrong with the term that is looked for. */
  problem: string;
  selected: number;
  onSeek: (by: 1 | -1) => void;
  onRefold: () => void;
}

/** Finding, filtering and choosing a view. */
export function Tools({ trace, state, set, matches, problem, selected, onSeek, onRefold }: Props): React.ReactElement {
  const lines = useMemo(() => inlineMarks(trace), [trace]);
  return (
    <div className="trace-tools" role="toolbar" aria-label="Trace tools">
      <Find state={state} set={set} matches={matches} problem={problem} selected={selected} onSeek={onSeek} />
      <Toggle name="Matches only" on={state.matchesOnly} disabled={!matches} flip={(on) => set({ matchesOnly: on })} />
      <Toggle
        name="Errors"
        title="Only spans with errors, and what is above them"
        on={state.errorsOnly}
        flip={(on) => set({ errorsOnly: on })}
      />
      <Menu
        className="btn small"
        label={
          state.hidden.length > 0 ? `Services (${trace.services.length - state.hidden.length} of ${trace.services.length})` : 'Services'
        }
        keepOpen
        items={trace.services.map((s) => ({
          label: `${s.name} · ${count(s.spans)}`,
          checked: !state.hidden.includes(s.name),
          run: () => set({ hidden: state.hidden.includes(s.name) ? state.hidden.filter((h) => h !== s.name) : [...state.hidden, s.name] }),
        }))}
      />
      <Toggle name="≥ 1 %" title="Only spans that take 1 % of the trace or more" on={state.atLeast} flip={(on) => set({ atLeast: on })} />
      <Toggle
        name="Fold repeats"
        on={state.foldRepeats}
        flip={(on) => {
          onRefold();
          set({ foldRepeats: on });
        }}
      />
      {lines > 0 && (
        <Toggle name={`Logs ${count(lines)}`} title="Log lines and errors as rows (i)" on={state.logs} flip={(on) => set({ logs: on })} />
      )}
      <Toggle name="Critical path" title="p" on={state.critical} flip={(on) => set({ critical: on })} />
      <span className="grow" />
      <div className="views" role="group" aria-label="View">
        {views.map((v) => (
          <button key={v} type="button" className="btn small" aria-pressed={state.view === v} onClick={() => set({ view: v }, false)}>
            {v[0]!.toUpperCase() + v.slice(1)}
          </button>
        ))}
      </div>
    </div>
  );
}

function Toggle(p: { name: string; title?: string; on: boolean; disabled?: boolean; flip: (on: boolean) => void }): React.ReactElement {
  return (
    <button type="button" className="btn small" aria-pressed={p.on} disabled={p.disabled} title={p.title} onClick={() => p.flip(!p.on)}>
      {p.name}
    </button>
  );
}

type FindProps = Pick<Props, 'state' | 'set' | 'matches' | 'problem' | 'selected' | 'onSeek'>;

function Find({ state, set, matches, problem, selected, onSeek }: FindProps): React.ReactElement {
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    // Back, forward and links change the term from outside.
    if (field.current && document.activeElement !== field.current) field.current.value = state.find;
  }, [state.find]);
  useKeys('Find', { '/': ['find in trace', () => field.current?.focus()] });
  const [found, at] = useMemo(() => {
    let all = 0;
    let before = 0;
    matches?.forEach((m, i) => {
      all += m;
      if (i <= selected) before += m;
    });
    return [all, matches?.[selected] ? before : 0];
  }, [matches, selected]);
  return (
    <div className="find" role="search">
      <input
        ref={field}
        className={problem ? 'input bad' : 'input'}
        aria-label="Find in trace"
        aria-invalid={problem !== ''}
        placeholder="Find: text, field:value, duration>100ms"
        title={problem || 'Text in names, field:value of any field, duration>100ms, /pattern/, or a condition like a = 1 AND b > 2'}
        defaultValue={state.find}
        onChange={(e) => {
          const text = e.target.value;
          clearTimeout(timer.current);
          timer.current = setTimeout(() => set(text === '' ? { find: '', matchesOnly: false } : { find: text }), 120);
        }}
        onKeyDown={(e) => {
          if (e.key === 'Enter') onSeek(e.shiftKey ? -1 : 1);
          else if (e.key === 'Escape') e.currentTarget.blur();
        }}
      />
      <span className="muted" role="status">
        {problem ? 'not understood' : matches ? (found === 0 ? 'no match' : at > 0 ? `${at}/${count(found)}` : count(found)) : ''}
      </span>
      {found > 0 && (
        <>
          <button
            type="button"
            className="btn small bare"
            aria-label="Previous match"
            title="Previous match (N)"
            onClick={() => onSeek(-1)}
          >
            ↑
          </button>
          <button type="button" className="btn small bare" aria-label="Next match" title="Next match (n)" onClick={() => onSeek(1)}>
            ↓
          </button>
        </>
      )}
    </div>
  );
}
