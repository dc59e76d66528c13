import type { Start } from '../../api/types';
import { linkTo } from '../../app/location';
import { ago, momentMs } from '../../time/format';
import type { TracesState } from './url';

interface Props {
  state: TracesState;
  start: Start | undefined;
  set: (c: Partial<TracesState>) => void;
}

const halfHour = 1_800_000_000_000n;
const second = 1_000_000_000n;

/** Why there is nothing to see, and the way out of it. */
export function Nothing({ state, start, set }: Props): React.ReactElement {
  if (start && !start.has_data) {
    return (
      <div className="empty">
        <h2>Nothing has been sent yet</h2>
        <p>A service needs three environment variables to send its traces here.</p>
        <a className="btn primary" {...linkTo('/setup')}>
          Set up a service
        </a>
      </div>
    );
  }
  const filters: [string, Partial<TracesState>][] = [
    ...(state.q ? [[`filter ${state.q}`, { q: '' }] as [string, Partial<TracesState>]] : []),
    ...state.f.map((t): [string, Partial<TracesState>] => [`filter ${t}`, { f: state.f.filter((x) => x !== t) }]),
    ...state.service.map((s): [string, Partial<TracesState>] => [`service ${s}`, { service: state.service.filter((x) => x !== s) }]),
    ...(state.name ? [[`root ${state.name}`, { name: '' }] as [string, Partial<TracesState>]] : []),
    ...(state.errors ? [['errors', { errors: false }] as [string, Partial<TracesState>]] : []),
    ...(state.min ? [[`at least ${state.min} ms`, { min: '' }] as [string, Partial<TracesState>]] : []),
    ...(state.max ? [[`at most ${state.max} ms`, { max: '' }] as [string, Partial<TracesState>]] : []),
  ];
  if (filters.length > 0) {
    return (
      <div className="empty">
        <h2>No traces match in this range</h2>
        <p className="row wrap">
          {filters.map(([name, without]) => (
            <button key={name} type="button" className="btn small" onClick={() => set(without)}>
              Remove {name}
            </button>
          ))}
        </p>
      </div>
    );
  }
  return (
    <div className="empty">
      <h2>No traces in this range</h2>
      {start?.last_event && (
        <p>
          The last event came {ago(Date.now() - momentMs(start.last_event))}.{' '}
          <button
            type="button"
            className="btn small"
            onClick={() => set({ from: String(BigInt(start.last_event) - halfHour), to: String(BigInt(start.last_event) + second) })}
          >
            Go there
          </button>
        </p>
      )}
    </div>
  );
}
