import { useEffect, useState } from 'react';

import { get, post, whyOf } from '../../../api/client';
import { useLoad } from '../../../api/useLoad';
import { say, sayBad } from '../../../widgets/Toasts';
import { namesIn, type IntakeSettings } from './types';

/** What is taken out of payloads before they are stored, and what is taken at all. */
export default function ScrubPage(): React.ReactElement {
  const [turn, setTurn] = useState(0);
  const { data, error } = useLoad(`intake ${turn}`, (signal) =>
    get<{ settings: IntakeSettings; usual: IntakeSettings }>('errors/intake', {}, signal),
  );
  const [names, setNames] = useState('');
  const [except, setExcept] = useState('');
  const [blocked, setBlocked] = useState('');
  const [rest, setRest] = useState({ cards: true, scope: false, environment: false });
  const show = (s: IntakeSettings): void => {
    setNames(s.scrub.names.join('\n'));
    setExcept(s.scrub.except.join('\n'));
    setBlocked(s.blocked_addresses.join('\n'));
    setRest({ cards: s.scrub.card_numbers, scope: s.any_scope, environment: s.no_environment });
  };
  useEffect(() => {
    if (data) show(data.settings);
  }, [data]);
  useEffect(() => {
    document.title = 'Scrubbing · Oriel';
  }, []);
  const wanted: IntakeSettings = {
    scrub: { names: namesIn(names), except: namesIn(except), card_numbers: rest.cards },
    any_scope: rest.scope,
    no_environment: rest.environment,
    blocked_addresses: namesIn(blocked),
  };
  const changed = data !== undefined && JSON.stringify(wanted) !== JSON.stringify(data.settings);
  const keep = (): void => {
    post('errors/intake', wanted).then(
      () => {
        say('Kept: it holds for payloads that come from now on');
        setTurn((n) => n + 1);
      },
      (e: unknown) => sayBad(whyOf(e)),
    );
  };
  const check = (name: keyof typeof rest, label: string, more: string): React.ReactElement => (
    <label className="echeck">
      <input type="checkbox" checked={rest[name]} onChange={(e) => setRest({ ...rest, [name]: e.target.checked })} />
      <span>
        {label}
        <span className="muted"> {more}</span>
      </span>
    </label>
  );
  return (
    <div className="ebody escroll">
      <div className="ehero">
        <h1>Scrubbing</h1>
        <p className="muted">
          What these rules meet is replaced by [FILTERED] before a payload is stored; nothing of it reaches the disk. They hold from the
          moment they are kept, for Rollbar payloads of this environment.
        </p>
      </div>
      {error && (
        <p className="note bad" role="alert">
          {error.message}
        </p>
      )}
      {data && (
        <form
          className="epart eform"
          onSubmit={(e) => {
            e.preventDefault();
            keep();
          }}
        >
          <div className="ecols">
            <label>
              Names whose values are taken out
              <span className="muted">one a line; * stands for any text; letters of either case, dashes and underscores are alike</span>
              <textarea className="input mono" rows={16} spellCheck={false} value={names} onChange={(e) => setNames(e.target.value)} />
            </label>
            <label>
              But not these
              <span className="muted">names that no rule at the left is for</span>
              <textarea className="input mono" rows={16} spellCheck={false} value={except} onChange={(e) => setExcept(e.target.value)} />
            </label>
          </div>
          {check('cards', 'Numbers of payment cards', 'wherever they stand in a text')}
          <h2>What is taken</h2>
          {check('environment', 'Payloads that name no environment', 'are taken as "unknown"; else they are refused')}
          {check('scope', 'Tokens of any kind', 'tokens for servers report for browsers and apps, too, and the other way round')}
          <label>
            Addresses whose payloads are refused
            <span className="muted">one a line, as 203.0.113.7 or 203.0.113.0/24</span>
            <textarea className="input mono" rows={3} spellCheck={false} value={blocked} onChange={(e) => setBlocked(e.target.value)} />
          </label>
          <div className="row">
            <button type="submit" className="btn primary" disabled={!changed}>
              Keep
            </button>
            <button type="button" className="btn" disabled={!changed} onClick={() => show(data.settings)}>
              As it was
            </button>
            <button type="button" className="btn bare" onClick={() => show(data.usual)}>
              The usual rules
            </button>
          </div>
        </form>
      )}
    </div>
  );
}
