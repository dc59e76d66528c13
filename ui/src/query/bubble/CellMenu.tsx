import { go } from '../../app/location';
import { copies, type FieldValue } from '../copyAs';
import { Menu, type MenuItem } from '../../widgets/Menu';
import { cellText, type Cell } from '../cell';
import { withItItems } from '../withIt';

/** What can be done with a value of a field on this page. */
export interface ValueActions {
  filter: (field: string, op: '=' | '!=' | '>' | '<' | 'exists' | 'does-not-exist', value: Cell) => void;
  group: (field: string) => void;
  bubble: (field: string, value: Cell) => void;
  traces: (field: string, value: Cell) => void;
  /** Shows the field as a column, or no more, where the page has columns. */
  column?: (field: string) => void;
}

/** What the menu of a value offers. */
export function valueItems(field: string, value: Cell, actions: ValueActions): MenuItem[] {
  const here = value === null ? 'no value' : 'this value';
  return [
    { label: `Filter to ${here}`, run: () => actions.filter(field, value === null ? 'does-not-exist' : '=', value) },
    { label: `Exclude ${here}`, run: () => actions.filter(field, value === null ? 'exists' : '!=', value) },
    ...(typeof value === 'number'
      ? [
          { label: 'Filter to more', run: () => actions.filter(field, '>', value) },
          { label: 'Filter to less', run: () => actions.filter(field, '<', value) },
        ]
      : []),
    { label: `Group by ${field}`, run: () => actions.group(field) },
    ...(actions.column ? [{ label: 'Show or hide as a column', run: () => actions.column?.(field) }] : []),
    { label: 'BubbleUp: this against the rest', run: () => actions.bubble(field, value) },
    { label: 'Traces with it', run: () => actions.traces(field, value) },
    ...(value === null ? [] : withItItems(field, value as FieldValue)),
    ...(field === 'error.fingerprint' && value !== null
      ? [{ label: 'Open the error', run: () => go(`/errors/find?fingerprint=${encodeURIComponent(cellText(value))}`) }]
      : []),
    ...(value === null
      ? []
      : [
          { label: 'Copy as', run: () => undefined, head: true },
          ...copies.map((c) => ({ label: c.label, run: () => void navigator.clipboard?.writeText(c.text(field, value as FieldValue)) })),
        ]),
  ];
}

/** A value; a click opens what can be done with it, Alt-click filters to it, with Shift excludes it. */
export function CellMenu({
  field,
  value,
  actions,
  className,
}: {
  field: string;
  value: Cell;
  actions: ValueActions;
  className?: string;
}): React.ReactElement {
  const text = value === '' ? '(empty)' : cellText(value);
  return (
    <span
      className="cellmenu"
      // Only a quicker way to what the menu offers.
      role="presentation"
      onClickCapture={(e) => {
        if (!e.altKey) return;
        e.stopPropagation();
        if (value === null) actions.filter(field, e.shiftKey ? 'exists' : 'does-not-exist', value);
        else actions.filter(field, e.shiftKey ? '!=' : '=', value);
      }}
    >
      <Menu
        className={className ?? (value === null ? 'value muted' : 'value')}
        value
        name={`${field}: ${text.slice(0, 80)}`}
        label={text.length > 300 ? `${text.slice(0, 300)}…` : text}
        items={valueItems(field, value, actions)}
      />
    </span>
  );
}
