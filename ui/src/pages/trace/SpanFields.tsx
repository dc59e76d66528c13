import { useState } from 'react';

import type { SpanDetail } from '../../api/types';
import { setPrefs, usePrefs } from '../../app/prefs';
import { isSQL, layOut } from '../../query/sql';
import { ValueMenu } from '../../widgets/ValueMenu';
import { WholeText } from '../../widgets/ValueText';

/** Fields that every span has another value of. */
const always = new Set(['trace.span_id', 'trace.parent_id', 'duration_ms', 'name', 'span.num_events', 'span.num_links']);

/** Names of fields that a span has and its parent has not, or with another value. */
function differing(span: SpanDetail, parent: SpanDetail): Set<string> {
  return new Set(Object.keys(span.fields).filter((n) => !always.has(n) && span.fields[n] !== parent.fields[n]));
}

/** The fields by where they came from, with a search over names and values; pinned ones first. */
export function SpanFields({ detail: d, parent }: { detail: SpanDetail; parent: SpanDetail | undefined }): React.ReactElement {
  const [term, setTerm] = useState('');
  const [onlyNew, setOnlyNew] = useState(false);
  const { pinned } = usePrefs();
  const all = Object.keys(d.fields);
  const apart = new Set([...d.resource, ...d.scope, ...pinned]);
  const news = parent && differing(d, parent);
  const wanted = (n: string): boolean =>
    (!onlyNew || !news || news.has(n)) && `${n} ${String(d.fields[n])}`.toLowerCase().includes(term.toLowerCase());
  const groups: [string, string[]][] = [
    ['Pinned', pinned.filter((n) => n in d.fields)],
    ['Span', all.filter((n) => !apart.has(n)).sort()],
    ['Resource', d.resource.filter((n) => !pinned.includes(n))],
    ['Scope', d.scope.filter((n) => !pinned.includes(n))],
  ];
  const found = groups.map(([title, names]) => [title, names.filter(wanted)] as const).filter(([, names]) => names.length > 0);
  return (
    <>
      <div className="row search">
        <input
          className="input grow"
          aria-label="Search fields"
          placeholder={`Search ${all.length} fields`}
          value={term}
          onChange={(e) => setTerm(e.target.value)}
        />
        {news && (
          <button
            type="button"
            className="btn small"
            aria-pressed={onlyNew}
            title="Only fields that the parent has not, or with another value"
            onClick={() => setOnlyNew((o) => !o)}
          >
            Unlike parent {news.size}
          </button>
        )}
      </div>
      {found.length === 0 && <p className="muted">{term ? `No field holds “${term}”.` : 'No field differs from the parent’s.'}</p>}
      {found.map(([title, names]) => (
        <section key={title}>
          <h3>{title}</h3>
          <Fields
            fields={d.fields}
            names={names}
            types={d.types}
            pinned={pinned}
            onPin={(n) => setPrefs({ pinned: pinned.includes(n) ? pinned.filter((p) => p !== n) : [...pinned, n] })}
          />
        </section>
      ))}
    </>
  );
}

interface FieldsProps {
  fields: Record<string, string | number | boolean>;
  names: readonly string[];
  types?: Record<string, string>;
  pinned?: readonly string[];
  onPin?: (name: string) => void;
}

/** Names and values; each value opens its menu. */
export function Fields({ fields, names, types, pinned, onPin }: FieldsProps): React.ReactElement {
  return (
    <dl className="fields">
      {names.map((n) => {
        const value = fields[n]!;
        const statement = typeof value === 'string' && isSQL(value);
        return (
          <div key={n}>
            <dt title={types?.[n] ? `${n}, ${types[n]}` : n}>{n}</dt>
            <dd className={statement || n.endsWith('stacktrace') ? 'stack' : ''}>
              <ValueMenu
                field={n}
                value={value}
                text={statement ? layOut(value) : undefined}
                pinned={pinned?.includes(n)}
                onPin={onPin && (() => onPin(n))}
              />
              <WholeText text={String(value)} />
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
