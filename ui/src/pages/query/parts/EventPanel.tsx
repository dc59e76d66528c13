import { linkTo } from '../../../app/location';
import { CopyButton } from '../../../widgets/CopyButton';
import { cellText } from '../../../query/cell';
import type { RawEvent } from '../useEvents';
import { jsonOfEvent, traceOf } from './RawGrid';
import { CellMenu, type ValueActions } from '../../../query/bubble/CellMenu';

/** One event with all its fields; every value is a handle. */
export function EventPanel({
  event,
  actions,
  onClose,
}: {
  event: RawEvent;
  actions: ValueActions;
  onClose: () => void;
}): React.ReactElement {
  const time = String(BigInt(event.base) + BigInt(event.time));
  const to = traceOf(event);
  return (
    <aside className="event" aria-label="Event">
      <header className="row">
        <h2 className="grow clip">{cellText(event.fields.get('name') ?? event.dataset)}</h2>
        {to && (
          <a className="btn small" {...linkTo(to)}>
            Trace
          </a>
        )}
        <CopyButton className="btn small bare" label="Copy JSON" text={() => jsonOfEvent(event)} />
        <button type="button" className="btn small bare" onClick={onClose} title="Close (Esc)">
          Close
        </button>
      </header>
      <dl className="event-fields">
        <div>
          <dt>time</dt>
          <dd className="value">{time}</dd>
        </div>
        <div>
          <dt>dataset</dt>
          <dd className="value">{event.dataset}</dd>
        </div>
        {[...event.fields]
          .sort(([a], [b]) => a.localeCompare(b))
          .map(([name, value]) => (
            <div key={name}>
              <dt title={name}>{name}</dt>
              <dd>
                <CellMenu field={name} value={value} actions={actions} />
              </dd>
            </div>
          ))}
      </dl>
    </aside>
  );
}
