import { useState } from 'react';

import { whyOf } from '../../../api/client';
import { usePrefs } from '../../../app/prefs';
import { clock, day } from '../../../time/format';
import { Dialog } from '../../../widgets/Dialog';

interface Props {
  atNs: bigint;
  add: (atNs: bigint, message: string, type: string) => Promise<void>;
  onClose: () => void;
}

/** Makes a marker at a moment of a chart. */
export function MarkDialog({ atNs, add, onClose }: Props): React.ReactElement {
  const { utc } = usePrefs();
  const [error, setError] = useState('');
  const ms = Number(atNs / 1_000_000n);
  return (
    <Dialog name="Add a marker" className="mark-dialog" onClose={onClose}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          const form = new FormData(e.currentTarget);
          add(atNs, String(form.get('message')), String(form.get('type'))).then(onClose, (err: unknown) => setError(whyOf(err)));
        }}
      >
        <h2>
          Marker at {day(ms, utc)} {clock(ms, utc)}
        </h2>
        <input className="input" name="message" aria-label="What happened" placeholder="what happened" required maxLength={300} />
        <input
          className="input"
          name="type"
          aria-label="Type"
          placeholder="type, for example deploy"
          defaultValue="deploy"
          maxLength={100}
        />
        {error && (
          <p className="error-text" role="alert">
            {error}
          </p>
        )}
        <div className="row">
          <button type="submit" className="btn primary">
            Add
          </button>
          <button type="button" className="btn" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}
