import { useState } from 'react';

import { setPrefs, usePrefs } from '../../../app/prefs';
import { percent } from '../../../query/bubble/bubble';
import type { ValueActions } from '../../../query/bubble/CellMenu';
import { cellText } from '../../../query/cell';
import { count } from '../../../time/format';
import { Menu } from '../../../widgets/Menu';
import type { FieldFacts } from '../data';

interface Props {
  fields: readonly FieldFacts[];
  total: number;
  done: boolean;
  error: string | undefined;
  actions: ValueActions;
  cols: readonly string[];
  onClose: () => void;
}

const most = 200;
const topValues = 10;

/** Fields of the lines that match, the most telling first; opened, a field shows its values. */
export function Sidebar({ fields, total, done, error, actions, cols, onClose }: Props): React.ReactElement {
  const { pinned } = usePrefs();
  const [find, setFind] = useState('');
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const needle = find.trim().toLowerCase();
  const hits = fields.filter(
    (f) =>
      needle === '' ||
      f.name.toLowerCase().includes(needle) ||
      (f.values ?? []).some((v) => String(v.value).toLowerCase().includes(needle)),
  );
  const first = hits.filter((f) => pinned.includes(f.name));
  const shown = [...first, ...hits.filter((f) => !pinned.includes(f.name))];
  const flip = (name: string): void =>
    setOpen((o) => {
      const next = new Set(o);
      if (!next.delete(name)) next.add(name);
      return next;
    });
  return (
    <aside className="lside" aria-label="Fields">
      <div className="row lside-head">
        <h2 className="grow">Fields</h2>
        <span className="muted">{fields.length > 0 ? count(fields.length) : ''}</span>
        <button type="button" className="btn small bare" onClick={onClose} title="Hide the fields (Shift f)" aria-label="Hide the fields">
          ‹
        </button>
      </div>
      <input
        className="input small"
        aria-label="Find a field or value"
        placeholder="find a field or value"
        value={find}
        onChange={(e) => setFind(e.target.value)}
        onKeyDown={(e) => e.key === 'Escape' && (find === '' ? e.currentTarget.blur() : setFind(''))}
      />
      <div className="lside-list" aria-busy={!done}>
        {error && <p className="note bad">{error}</p>}
        <ul>
          {shown.slice(0, most).map((f) => (
            <li key={f.name} className="lfield">
              <div className="row">
                <button
                  type="button"
                  className="lfield-name"
                  aria-expanded={open.has(f.name)}
                  onClick={() => flip(f.name)}
                  title={`${f.name}\n${f.kind}`}
                >
                  <span className="lkindmark" aria-hidden="true">
                    {f.kind === 'string' ? 'a' : f.kind === 'boolean' ? '✓' : '#'}
                  </span>
                  <span className="clip">{f.name}</span>
                </button>
                {/* Of those, not all are counted. */}
                <span className="muted lfill" title={f.class === 'id_like' ? tooMany : 'Share of the lines that have it'}>
                  {f.class === 'id_like' ? 'many' : percent(f.fill)}
                </span>
                <Menu
                  className="btn small bare lfield-menu"
                  name={`Field ${f.name}`}
                  label="⋯"
                  items={[
                    {
                      label: cols.includes(f.name) ? 'Remove the column' : 'Add as a column',
                      run: () => actions.column?.(f.name),
                    },
                    { label: 'Only lines that have it', run: () => actions.filter(f.name, 'exists', null) },
                    { label: 'Only lines that lack it', run: () => actions.filter(f.name, 'does-not-exist', null) },
                    { label: `Group by ${f.name} in Query`, run: () => actions.group(f.name) },
                    {
                      label: pinned.includes(f.name) ? 'Unpin this field' : 'Pin this field',
                      run: () => setPrefs({ pinned: pinned.includes(f.name) ? pinned.filter((p) => p !== f.name) : [...pinned, f.name] }),
                    },
                    { label: 'Copy the name', run: () => void navigator.clipboard?.writeText(f.name) },
                  ]}
                />
              </div>
              {open.has(f.name) && <Values field={f} total={total} actions={actions} />}
            </li>
          ))}
        </ul>
        {shown.length > most && <p className="muted lside-note">{count(shown.length - most)} more: narrow by name</p>}
        {done && shown.length === 0 && !error && (
          <p className="muted lside-note">{needle ? 'No field or value holds that.' : 'The lines have no fields.'}</p>
        )}
        {!done && fields.length === 0 && <p className="muted lside-note">Looking…</p>}
      </div>
    </aside>
  );
}

const tooMany = 'Too many different values to count each of them';

/** The values most lines have, with how many do; each can be kept or left out. */
function Values({ field, total, actions }: { field: FieldFacts; total: number; actions: ValueActions }): React.ReactElement {
  const values = (field.values ?? []).slice(0, topValues);
  if (values.length === 0) {
    return <p className="muted lside-note">{field.class === 'id_like' ? tooMany : 'No value stands out.'}</p>;
  }
  const longest = values.reduce((n, v) => Math.max(n, v.selection), 1);
  return (
    <ul className="lvalues">
      {values.map((v) => {
        const text = v.value === '' ? '(empty)' : cellText(v.value);
        return (
          <li key={`${typeof v.value} ${text}`} title={`${text}\n${count(v.selection)} of ${count(total)} lines`}>
            <span className="lvaluebar" style={{ width: `${(100 * v.selection) / longest}%` }} aria-hidden="true" />
            <button
              type="button"
              className="lvalue clip"
              onClick={() => actions.filter(field.name, '=', v.value)}
              aria-label={`Only ${field.name} ${text}`}
            >
              {text}
            </button>
            <span className="muted">{percent(total > 0 ? v.selection / total : 0)}</span>
            <button
              type="button"
              className="lvalue-not"
              onClick={() => actions.filter(field.name, '!=', v.value)}
              aria-label={`Without ${field.name} ${text}`}
              title="Leave it out"
            >
              −
            </button>
          </li>
        );
      })}
      {field.distinct > values.length && (
        <li className="muted lside-note">
          {field.distinct_at_least ? '≥ ' : ''}
          {count(field.distinct)} values in all
        </li>
      )}
    </ul>
  );
}
