import { useMemo, useState } from 'react';

import { useSize } from '../../../charts/useSize';
import { count } from '../../../time/format';
import { percent, type FieldDifference } from '../../../query/bubble/bubble';
import { useDifference } from '../../../query/bubble/useDifference';
import type { ValueActions } from '../../../query/bubble/CellMenu';
import { FieldCard } from '../../../query/bubble/FieldCard';

interface Props {
  runKey: string;
  body: unknown;
  actions: ValueActions;
}

const column = 320;

/** All fields of these events, those that tell most first, each with its values. */
export function ExploreTab({ runKey, body, actions }: Props): React.ReactElement {
  const found = useDifference('explore', runKey, body);
  const [find, setFind] = useState('');
  const [box, { width }] = useSize<HTMLDivElement>();
  const shown = useMemo(() => {
    const needle = find.trim().toLowerCase();
    return needle ? found.fields.filter((f) => f.name.toLowerCase().includes(needle)) : found.fields;
  }, [found.fields, find]);
  const columns = Math.max(Math.floor(width / column), 1);
  const card = (f: FieldDifference): React.ReactElement => (
    <FieldCard
      key={f.name}
      field={f}
      totals={found.totals}
      headline={f.present.selection < 0.995 ? `in ${percent(f.present.selection)} of the events` : ''}
      actions={actions}
      single
      width={Math.max(width / columns - 40, 100)}
    />
  );
  const tell = shown.filter((f) => f.class !== 'id_like' && f.class !== 'constant' && f.class !== 'rare');
  const rest = [
    ['id-like ', '', shown.filter((f) => f.class === 'id_like')],
    ['', ' with one value', shown.filter((f) => f.class === 'constant')],
    ['', ' that few events have', shown.filter((f) => f.class === 'rare')],
  ] as const;
  return (
    <section className="panel explore" aria-label="Explore" aria-busy={!found.done}>
      <div className="results-head">
        <input
          className="input small"
          aria-label="Find a field"
          placeholder="find a field"
          value={find}
          onChange={(e) => setFind(e.target.value)}
        />
        <span className="muted" role="status">
          {found.done ? `${found.fields.length} fields of ${count(found.totals.selection)} events` : 'Looking at the fields…'}
        </span>
      </div>
      {found.error && (
        <p className="note bad" role="alert">
          {found.error.message}
        </p>
      )}
      <div ref={box}>
        <ul className="explore-grid">{tell.map(card)}</ul>
        {rest.map(
          ([before, after, fields]) =>
            fields.length > 0 && (
              <details key={before + after} className="fieldfold" open={find !== '' || undefined}>
                <summary>
                  {fields.length} {before}
                  {fields.length === 1 ? 'field' : 'fields'}
                  {after}
                </summary>
                <ul className="explore-grid">{fields.map(card)}</ul>
              </details>
            ),
        )}
      </div>
    </section>
  );
}
