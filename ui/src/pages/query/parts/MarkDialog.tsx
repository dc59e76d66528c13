import { useMemo, useState } from 'react';

import { whyOf } from '../../../api/client';
import { usePrefs } from '../../../app/prefs';
import { clock, day } from '../../../time/format';
import { Dialog } from '../../../widgets/Dialog';
import type { Markers, OwnMarker } from '../useMarkers';

/** A moment for a new marker, or one that is there. */
export type Marking = { at: bigint } | { of: OwnMarker };

interface Props {
  what: Marking;
  markers: Markers;
  onClose: () => void;
}

/** Of a type that has none: the colour of the charts' own text, so that nothing changes unasked. */
const noColor = '#8b949e';

/** Makes a marker at a moment of a chart, or changes one. */
export function MarkDialog({ what, markers, onClose }: Props): React.ReactElement {
  const { utc } = usePrefs();
  const [error, setError] = useState('');
  const old = 'of' in what ? what.of : undefined;
  const ms = old ? old.start_time * 1000 : Number(('at' in what ? what.at : 0n) / 1_000_000n);
  const colors = useMemo(() => new Map(markers.stored.flatMap((m) => (m.type && m.color ? [[m.type, m.color]] : []))), [markers.stored]);
  const types = useMemo(() => [...new Set(['deploy', ...markers.stored.map((m) => m.type ?? '')])].filter(Boolean), [markers.stored]);
  const [type, setType] = useState(old ? (old.type ?? '') : 'deploy');
  const [chosen, setChosen] = useState('');
  const done = (p: Promise<void>): void => void p.then(onClose, (e: unknown) => setError(whyOf(e)));
  return (
    <Dialog name={old ? 'Change the marker' : 'Add a marker'} className="mark-dialog" onClose={onClose}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          const form = new FormData(e.currentTarget);
          const words = { message: String(form.get('message')), type, url: String(form.get('url')), color: chosen };
          done(old ? markers.change(old, words) : markers.add('at' in what ? what.at : 0n, words));
        }}
      >
        <h2>
          Marker at {day(ms, utc)} {clock(ms, utc)}
        </h2>
        <input
          className="input"
          name="message"
          aria-label="What happened"
          placeholder="what happened"
          defaultValue={old?.message ?? ''}
          required
          maxLength={300}
        />
        <div className="row">
          <input
            className="input grow"
            aria-label="Type"
            placeholder="type, for example deploy"
            value={type}
            onChange={(e) => setType(e.target.value)}
            list="marker-types"
            maxLength={100}
          />
          <datalist id="marker-types">
            {types.map((t) => (
              <option key={t} value={t} />
            ))}
          </datalist>
          <input
            type="color"
            className="mark-color"
            aria-label={`Colour of all markers of the type ${type || '(none)'}`}
            title="Colour of all markers of this type"
            disabled={type === ''}
            value={chosen || colors.get(type) || noColor}
            onChange={(e) => setChosen(e.target.value)}
          />
        </div>
        <input
          className="input"
          name="url"
          type="url"
          pattern="https?://.*"
          aria-label="Link"
          placeholder="https://… (a commit or a ticket, if there is one)"
          defaultValue={old?.url ?? ''}
          maxLength={4096}
        />
        {error && (
          <p className="error-text" role="alert">
            {error}
          </p>
        )}
        <div className="row">
          <button type="submit" className="btn primary">
            {old ? 'Save' : 'Add'}
          </button>
          <button type="button" className="btn" onClick={onClose}>
            Cancel
          </button>
          <span className="grow" />
          {old && (
            <button type="button" className="btn danger" onClick={() => done(markers.remove(old))}>
              Delete
            </button>
          )}
        </div>
      </form>
    </Dialog>
  );
}
