import { useState } from 'react';

import type { Start } from '../../api/types';
import { parseDuration } from '../../time/range';
import { Menu } from '../../widgets/Menu';
import type { TracesState } from './url';

interface Props {
  state: TracesState;
  start: Start | undefined;
  set: (c: Partial<TracesState>) => void;
}

/** The filters beside the text: services, errors, root, least and most duration. */
export function Chips({ state, start, set }: Props): React.ReactElement {
  const services = [...(start?.services ?? [])].sort((a, b) => a.name.localeCompare(b.name));
  const chip = (text: string, clear: Partial<TracesState>, slot?: number): React.ReactElement => (
    <span key={text} className="chip">
      {slot !== undefined && <span className="bar-mark" style={{ background: `var(--s${slot})` }} />}
      <span className="clip">{text}</span>
      <button type="button" aria-label={`Remove ${text}`} onClick={() => set(clear)}>
        ×
      </button>
    </span>
  );
  const flip = (name: string): void =>
    set({ service: state.service.includes(name) ? state.service.filter((s) => s !== name) : [...state.service, name] });
  return (
    <div className="chips">
      <Menu
        className="btn small"
        label="Services"
        title="Traces that touch any of these services"
        keepOpen
        items={
          services.length > 0
            ? services.map((s) => ({ label: s.name, checked: state.service.includes(s.name), run: () => flip(s.name) }))
            : [{ label: 'No service has sent anything yet', run: () => undefined }]
        }
      />
      <button
        type="button"
        className="btn small"
        aria-pressed={state.errors}
        title="Only traces with an error (e)"
        onClick={() => set({ errors: !state.errors })}
      >
        Errors
      </button>
      <Limit label="At least" value={state.min} onChange={(min) => set({ min })} />
      <Limit label="At most" value={state.max} onChange={(max) => set({ max })} />
      {state.service.map((s) =>
        chip(s, { service: state.service.filter((x) => x !== s) }, start?.services.find((x) => x.name === s)?.slot ?? 12),
      )}
      {state.f.map((t) => chip(t, { f: state.f.filter((x) => x !== t) }))}
      {state.name && chip(`root is ${state.name}`, { name: '' })}
      {(state.q || state.f.length > 0 || state.service.length > 0 || state.name || state.errors || state.min || state.max) && (
        <button
          type="button"
          className="btn small bare"
          onClick={() => set({ q: '', f: [], service: [], name: '', errors: false, min: '', max: '' })}
        >
          Clear all
        </button>
      )}
    </div>
  );
}

/** A duration to type, kept in milliseconds. */
function Limit({ label, value, onChange }: { label: string; value: string; onChange: (ms: string) => void }): React.ReactElement {
  const [bad, setBad] = useState(false);
  const shown = value === '' ? '' : `${Number(value)} ms`;
  const take = (text: string): void => {
    const ms = text.trim() === '' ? 0 : parseDuration(text);
    setBad(ms === undefined);
    const next = ms ? String(Number(ms.toFixed(3))) : '';
    if (ms !== undefined && next !== value) onChange(next);
  };
  return (
    <input
      key={shown}
      className={bad ? 'input small bad' : 'input small'}
      aria-label={`${label} this long`}
      aria-invalid={bad}
      placeholder={label.toLowerCase()}
      title={`${label} this long: 250ms, 1.5s`}
      defaultValue={shown}
      onBlur={(e) => take(e.target.value)}
      onKeyDown={(e) => {
        if (e.key === 'Enter') take(e.currentTarget.value);
        else if (e.key === 'Escape') e.currentTarget.blur();
      }}
    />
  );
}
