import { go } from '../app/location';
import { copies, filterText, type FieldValue } from '../query/copyAs';
import { Menu } from './Menu';

/** Text longer than this is cut on screen; copying gives all of it. */
const longest = 4096;

/** Any value of any field: a click opens what can be done with it. */
export function ValueMenu({ field, value }: { field: string; value: FieldValue }): React.ReactElement {
  const text = String(value);
  const traces = (condition: string) => (): void => go(`/traces?q=${encodeURIComponent(condition)}`);
  const items = [
    { label: 'Filter to this value', run: traces(filterText(field, value)) },
    { label: 'Exclude this value', run: traces(filterText(field, value, '!=')) },
    ...(typeof value === 'number'
      ? [
          { label: 'Filter to more', run: traces(filterText(field, value, '>')) },
          { label: 'Filter to less', run: traces(filterText(field, value, '<')) },
        ]
      : []),
    { label: 'Copy as', run: () => undefined, head: true },
    ...copies.map((c) => ({ label: c.label, run: () => void navigator.clipboard?.writeText(c.text(field, value)) })),
  ];
  return (
    <Menu
      className="value"
      name={`${field}: ${text.slice(0, 80)}`}
      label={text === '' ? <span className="muted">(empty)</span> : text.length > longest ? `${text.slice(0, longest)}…` : text}
      items={items}
    />
  );
}
