import { useEffect, useState } from 'react';

import { get, post, remove, whyOf } from '../api/client';
import type { Sample, Start } from '../api/types';
import { Menu } from '../widgets/Menu';
import { go } from './location';
import { at } from './root';
import { Dialog, DialogFoot } from '../widgets/Dialog';

/** Says in the header that what is shown is sample data, and offers to remove it. */
export function SampleChip({ start }: { start: Start }): React.ReactElement | null {
  const [asking, setAsking] = useState(false);
  if (!start.sample.present || start.environment !== start.sample.environment) return null;
  return (
    <>
      <Menu
        className="btn small sample-chip"
        label="Sample data"
        title="What is shown here is sent by a sample app"
        items={[
          { label: 'Remove sample data…', run: () => setAsking(true) },
          { label: 'Set up a service of your own', run: () => go('/setup') },
        ]}
      />
      {asking && <RemoveSample onClose={() => setAsking(false)} />}
    </>
  );
}

/** Asks before sample data goes. */
function RemoveSample({ onClose }: { onClose: () => void }): React.ReactElement {
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const run = (): void => {
    setBusy(true);
    remove<Sample>('sample').then(
      () => location.assign(at('/')), // every page begins anew
      (e: unknown) => {
        setBusy(false);
        setError(whyOf(e));
      },
    );
  };
  return (
    <Dialog name="Remove sample data" className="sample-remove" onClose={onClose}>
      <h2>Remove sample data?</h2>
      <p>
        The sample app stops, and its traces, log lines, errors and markers are removed for good. What you sent yourself is in another
        environment and stays. <code>oriel sample load</code> and the set-up page bring an hour of it back.
      </p>
      <DialogFoot yes={busy ? 'Removing…' : 'Remove'} onYes={run} disabled={busy} error={error} />
    </Dialog>
  );
}

const askAgainMs = 250;

/** Offers the recorded hour of the sample app, or leads to it where it is there. */
export function SampleOffer(): React.ReactElement {
  const [state, setState] = useState<Sample>();
  const [asked, setAsked] = useState(false);
  const [error, setError] = useState('');
  const failed = (e: unknown): void => {
    setAsked(false);
    setError(whyOf(e));
  };
  useEffect(() => {
    const gone = new AbortController();
    get<Sample>('sample', {}, gone.signal).then(setState, () => undefined); // the offer stands without it
    return () => gone.abort();
  }, []);
  useEffect(() => {
    if (!asked || !state) return;
    if (!state.loading && state.present) {
      go(`/?env=${state.environment}`);
      return;
    }
    const gone = new AbortController();
    const timer = setTimeout(() => {
      get<Sample>('sample', {}, gone.signal).then(setState, (e: unknown) => !gone.signal.aborted && failed(e));
    }, askAgainMs);
    return () => {
      clearTimeout(timer);
      gone.abort();
    };
  }, [asked, state]);
  const load = (): void => {
    setError('');
    post<Sample>('sample', {}).then((s) => {
      setState(s);
      setAsked(true);
    }, failed);
  };
  const there = state?.present && !state.loading && !asked;
  return (
    <p className="sample-offer">
      {there ? (
        <button type="button" className="btn" onClick={() => go(`/?env=${state.environment}`)}>
          Open the sample app
        </button>
      ) : (
        <button type="button" className="btn" disabled={asked} onClick={load}>
          {asked ? `Loading the sample app: ${Math.round((state?.done ?? 0) * 100)} %` : 'Show me the sample app'}
        </button>
      )}{' '}
      <span className="muted">
        An hour of a small social network, in all four products, apart from your data and removed with one click.
      </span>
      {error && (
        <span className="error-text" role="alert">
          {error}
        </span>
      )}
    </p>
  );
}
