import { useMemo } from 'react';

import type { ValueActions } from '../../../query/bubble/CellMenu';
import { csvOf, jsonOf, save } from '../../../query/table';
import { count } from '../../../time/format';
import { Menu } from '../../../widgets/Menu';
import { columnsShown } from '../columns';
import { tableOf, useEvent, useEvents, type RawEvent } from '../useEvents';
import { EventPanel } from './EventPanel';
import { RawGrid } from './RawGrid';

interface Props {
  runKey: string;
  body: unknown;
  cols: readonly string[];
  onCols: (cols: string[]) => void;
  oldest: boolean;
  onOldest: (oldest: boolean) => void;
  /** Id of the event that lies open. */
  open: string;
  onOpen: (id: string) => void;
  actions: ValueActions;
}

/** Single events. A chosen one lies open beside. */
export function RawTab(props: Props): React.ReactElement {
  const { runKey, body, cols, onCols, oldest, open } = props;
  const events = useEvents(runKey, body, oldest ? 'asc' : 'desc');
  const names = useMemo(() => columnsShown(cols, events.columns), [cols, events.columns]);
  const event = useEvent(open, events, body);
  const actions = useMemo(
    () => ({
      ...props.actions,
      column: (field: string) => onCols(names.includes(field) ? names.filter((n) => n !== field) : [...names, field]),
    }),
    [props.actions, names, onCols],
  );
  const close = (): void => props.onOpen('');
  const file = (kind: 'csv' | 'json'): void => {
    const table = tableOf(events.list, names);
    save(`events.${kind}`, kind === 'csv' ? 'text/csv' : 'application/json', kind === 'csv' ? csvOf(table) : jsonOf(table));
  };
  return (
    <section className="panel raw" aria-label="Raw data">
      <div className="results-head">
        <button type="button" className="btn small" onClick={() => props.onOldest(!oldest)}>
          {oldest ? 'Oldest first' : 'Newest first'}
        </button>
        <Menu
          className="btn small"
          label="Columns"
          keepOpen
          items={[...events.columns].sort().map((c) => ({
            label: c,
            checked: names.includes(c),
            run: () => onCols(names.includes(c) ? names.filter((n) => n !== c) : [...names, c]),
          }))}
        />
        {cols.length > 0 && (
          <button type="button" className="btn small bare" onClick={() => onCols([])}>
            Usual columns
          </button>
        )}
        <span className="muted grow" role="status">
          {count(events.list.length)} {events.list.length === 1 ? 'event' : 'events'}
          {events.more ? ', more as you scroll' : ''}
        </span>
        {(['csv', 'json'] as const).map((kind) => (
          <button
            key={kind}
            type="button"
            className="btn small bare"
            title={`Save the ${count(events.list.length)} events that are loaded`}
            disabled={events.list.length === 0}
            onClick={() => file(kind)}
          >
            Events as {kind.toUpperCase()}
          </button>
        ))}
      </div>
      {events.error && (
        <p className="note bad" role="alert">
          {events.error}
        </p>
      )}
      <div className="raw-body">
        <RawGrid
          {...{ events, names, open, actions }}
          list={`${runKey} ${oldest}`}
          onNames={onCols}
          onOpen={(e: RawEvent | undefined) => props.onOpen(e?.id ?? '')}
        />
        {event && <EventPanel event={event} actions={actions} onClose={close} />}
      </div>
    </section>
  );
}
