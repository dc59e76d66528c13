import type { Start } from '../../api/types';
import { linkTo } from '../../app/location';
import { ago, momentMs } from '../../time/format';
import type { MapState } from './url';

interface Props {
  start: Start | undefined;
  state: MapState;
  set: (c: Partial<MapState>) => void;
}

const hour = 3_600_000_000_000n;

/** Why there is no map, and the way out of it. */
export function Nothing({ start, state, set }: Props): React.ReactElement {
  if (start && !start.has_data) {
    return (
      <div className="panel map-empty">
        <h2>Nothing has been sent yet</h2>
        <p>The map draws itself from the traces of services that call each other.</p>
        <a className="btn primary" {...linkTo('/setup')}>
          Set up a service
        </a>
      </div>
    );
  }
  if (state.q) {
    return (
      <div className="panel map-empty">
        <h2>No trace of this range meets the filter</h2>
        <div className="row">
          <button type="button" className="btn" onClick={() => set({ q: '' })}>
            Take the filter off
          </button>
          <button type="button" className="btn" onClick={() => set({ from: 'now-1d', to: 'now' })}>
            Look at the last day
          </button>
        </div>
      </div>
    );
  }
  const last = start?.last_event;
  return (
    <div className="panel map-empty">
      <h2>No service was called in this range</h2>
      {last && <p>The last event came {ago(Date.now() - momentMs(last))}.</p>}
      <div className="row">
        {last && (
          <button
            type="button"
            className="btn"
            onClick={() => set({ from: String(BigInt(last) - hour), to: String(BigInt(last) + hour / 60n) })}
          >
            Go there
          </button>
        )}
        <button type="button" className="btn" onClick={() => set({ from: 'now-1d', to: 'now' })}>
          Look at the last day
        </button>
      </div>
    </div>
  );
}
