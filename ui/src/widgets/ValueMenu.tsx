import { go } from '../app/location';
import { copies, filterText, nameText, type FieldValue } from '../query/copyAs';
import { withItItems } from '../query/withIt';
import { Menu, type MenuItem } from './Menu';
import { ValueText } from './ValueText';

interface Props {
  field: string;
  value: FieldValue;
  /** The text on screen, where it is laid out. */
  text?: string;
  pinned?: boolean;
  onPin?: () => void;
}

function traces(condition: string): void {
  go(`/traces?q=${encodeURIComponent(condition)}`);
}

/** Any value of any field: a click opens what can be done with it; with Alt it filters at once, with Shift too it excludes. */
export function ValueMenu({ field, value, text, pinned, onPin }: Props): React.ReactElement {
  const shown = text ?? String(value);
  return (
    // The menu says the same by key.

    <span
      className="contents"
      onClickCapture={(e) => {
        if (!e.altKey) return;
        e.preventDefault();
        e.stopPropagation();
        traces(filterText(field, value, e.shiftKey ? '!=' : '='));
      }}
    >
      <Menu
        className="value"
        value
        name={`${field}: ${shown.slice(0, 80)}`}
        label={<ValueText text={shown} />}
        items={() => itemsOf(field, value, pinned, onPin)}
      />
    </span>
  );
}

function itemsOf(field: string, value: FieldValue, pinned: boolean | undefined, onPin: (() => void) | undefined): MenuItem[] {
  const text = String(value);
  const link = /^https?:\/\/\S+$/i.test(text) ? text : undefined;
  const trace = /(?:^|[._])trace[._]?id$/i.test(field) && /^[0-9a-f]{16,32}$/i.test(text) ? text : undefined;
  return [
    { label: 'Filter to this value', run: () => traces(filterText(field, value)) },
    { label: 'Exclude this value', run: () => traces(filterText(field, value, '!=')) },
    ...(typeof value === 'number'
      ? [
          { label: 'Filter to more', run: () => traces(filterText(field, value, '>')) },
          { label: 'Filter to less', run: () => traces(filterText(field, value, '<')) },
        ]
      : []),
    { label: 'Group by this field', run: () => go(`/query?${new URLSearchParams({ calc: 'COUNT', by: nameText(field) }).toString()}`) },
    {
      label: 'Open in Query',
      run: () => go(`/query?${new URLSearchParams({ calc: 'COUNT', where: filterText(field, value) }).toString()}`),
    },
    ...withItItems(field, value),
    ...(trace ? [{ label: 'Open the trace', run: () => go(`/trace/${encodeURIComponent(trace)}`) }] : []),
    ...(field === 'error.fingerprint'
      ? [{ label: 'Open the error', run: () => go(`/errors/find?fingerprint=${encodeURIComponent(text)}`) }]
      : []),
    ...(link ? [{ label: 'Open the link', run: () => void window.open(link, '_blank', 'noopener,noreferrer') }] : []),
    ...(onPin ? [{ label: pinned ? 'Unpin this field' : 'Pin this field', run: onPin }] : []),
    { label: 'Copy as', run: () => undefined, head: true },
    ...copies.map((c) => ({ label: c.label, run: () => void navigator.clipboard?.writeText(c.text(field, value)) })),
  ];
}
