import { useState } from 'react';

import type { SpanDetail } from '../../api/types';
import { ValueMenu } from '../../widgets/ValueMenu';

/** The fields by where they came from, with a search over names and values. */
export function SpanFields({ detail: d }: { detail: SpanDetail }): React.ReactElement {
  const [term, setTerm] = useState('');
  const all = Object.keys(d.fields);
  const apart = new Set([...d.resource, ...d.scope]);
  const wanted = (n: string): boolean => `${n} ${String(d.fields[n])}`.toLowerCase().includes(term.toLowerCase());
  const groups: [string, string[]][] = [
    ['Span', all.filter((n) => !apart.has(n)).sort()],
    ['Resource', d.resource],
    ['Scope', d.scope],
  ];
  const found = groups.map(([title, names]) => [title, names.filter(wanted)] as const).filter(([, names]) => names.length > 0);
  return (
    <>
      <input
        className="input search"
        aria-label="Search fields"
        placeholder={`Search ${all.length} fields`}
        value={term}
        onChange={(e) => setTerm(e.target.value)}
      />
      {found.length === 0 && <p className="muted">No field holds “{term}”.</p>}
      {found.map(([title, names]) => (
        <section key={title}>
          <h3>{title}</h3>
          <Fields fields={d.fields} names={names} types={d.types} />
        </section>
      ))}
    </>
  );
}

interface FieldsProps {
  fields: Record<string, string | number | boolean>;
  names: readonly string[];
  types?: Record<string, string>;
}

/** Names and values; each value opens its menu. */
export function Fields({ fields, names, types }: FieldsProps): React.ReactElement {
  return (
    <dl className="fields">
      {names.map((n) => (
        <div key={n}>
          <dt title={types?.[n] ? `${n}, ${types[n]}` : n}>{n}</dt>
          <dd className={n.endsWith('stacktrace') ? 'stack' : ''}>
            <ValueMenu field={n} value={fields[n]!} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
