import { useState } from 'react';

import { post, whyOf } from '../../../api/client';
import type { Assignee } from '../../../api/errors';
import { ConfigPart } from './ConfigPart';
import { FilterRows } from './FilterRows';
import {
  channelNames,
  channels,
  periods,
  plainReason,
  triggers,
  wire,
  type Channel,
  type Config,
  type Delivery,
  type Filter,
  type Notifications,
  type Rule,
  type Trigger,
} from './rules';
import { closeDialog, Dialog, DialogHead } from '../../../widgets/Dialog';

interface Props {
  /** Of the rule that is edited, or cloned; none for a new one. */
  channel: Channel | undefined;
  rule: Rule;
  data: Notifications;
  people: Assignee[];
  onClose: () => void;
  onKept: () => void;
}

/** Makes or changes a rule. It can be tried before it is kept. */
export function RuleDialog({ channel: first, rule: given, data, people, onClose, onKept }: Props): React.ReactElement {
  const [channel, setChannel] = useState<Channel>(first ?? 'webhook');
  const [rule, setRule] = useState(given);
  const [refused, setRefused] = useState('');
  const [busy, setBusy] = useState('');
  const [tried, setTried] = useState<Delivery>();
  const editable = data.may_edit;
  const set = (c: Partial<Rule>): void => {
    setRule({ ...rule, ...c });
    setRefused('');
    setTried(undefined);
  };
  const config = (c: Config): void => set({ config: { ...rule.config, ...c } });
  const rate: Filter = rule.filters.find((f) => f.type === 'rate') ?? { type: 'rate', count: 100, period: 3600 };
  const others = rule.filters.filter((f) => f.type !== 'rate');
  const settings = data.channels.find((c) => c.channel === channel)?.settings;
  const full = { ...rule, filters: rule.trigger === 'occurrence_rate' ? [rate, ...others] : others };
  const send = <T,>(what: string, path: string, done: (answer: T) => void): void => {
    setBusy(what);
    setRefused('');
    setTried(undefined);
    post<T>(`errors/notifications/${channel}/${path}`, { id: given.id, rule: wire(channel, full) })
      .then(done, (e: unknown) => setRefused(plainReason(whyOf(e))))
      .finally(() => setBusy(''));
  };
  const title = given.id ? `Rule ${given.id}` : 'New rule';
  return (
    <Dialog name={title} className="ndialog" onClose={onClose}>
      <DialogHead title={title} />
      <form
        noValidate
        className="nform"
        onSubmit={(e) => {
          e.preventDefault();
          if (busy === '' && editable) send('keep', 'rules', onKept);
        }}
      >
        <fieldset disabled={!editable}>
          <legend>Tell of</legend>
          <div className="npair">
            <label>
              What
              <select
                className="input"
                aria-label="What"
                value={rule.trigger}
                onChange={(e) => {
                  const trigger = e.target.value as Trigger;
                  if (trigger === 'daily_summary') setChannel('email');
                  set({ trigger });
                }}
              >
                {triggers
                  .filter(([id]) => id !== 'daily_summary' || !given.id || channel === 'email')
                  .map(([id, words]) => (
                    <option key={id} value={id}>
                      {words}
                    </option>
                  ))}
              </select>
              <span className="muted">{triggers.find(([id]) => id === rule.trigger)?.[2]}</span>
            </label>
            {rule.trigger === 'occurrence_rate' && (
              <div className="nrate">
                <label>
                  Occurrences
                  <input
                    className="input num"
                    inputMode="numeric"
                    value={rate.count ?? ''}
                    onChange={(e) => set({ filters: [{ ...rate, count: Number(e.target.value.replaceAll(/\D/g, '')) }, ...others] })}
                  />
                </label>
                <label>
                  within
                  <select
                    className="input"
                    value={rate.period}
                    onChange={(e) => set({ filters: [{ ...rate, period: Number(e.target.value) }, ...others] })}
                  >
                    {periods.map(([s, words]) => (
                      <option key={s} value={s}>
                        {words}
                      </option>
                    ))}
                  </select>
                </label>
              </div>
            )}
          </div>
        </fieldset>
        {rule.trigger !== 'daily_summary' && (
          <FilterRows
            trigger={rule.trigger}
            filters={others}
            environments={data.environments}
            editable={editable}
            onChange={(list) => set({ filters: rule.trigger === 'occurrence_rate' ? [rate, ...list] : list })}
          />
        )}
        <fieldset disabled={!editable}>
          <legend>To</legend>
          <div className="views" role="group" aria-label="Channel">
            {channels.map((c) => (
              <button
                key={c}
                type="button"
                className="btn small"
                aria-pressed={channel === c}
                disabled={(given.id !== 0 && c !== channel) || (rule.trigger === 'daily_summary' && c !== 'email')}
                onClick={() => {
                  setChannel(c);
                  set({ action: '' });
                }}
              >
                {channelNames[c]}
              </button>
            ))}
          </div>
          <ConfigPart
            channel={channel}
            rule={rule}
            settings={settings}
            mail={data.mail}
            people={people}
            environments={data.environments}
            onConfig={config}
            onAction={(action) => set({ action })}
          />
        </fieldset>
        {refused && (
          <p className="note bad" role="alert">
            {refused}
          </p>
        )}
        {tried && <Tried delivery={tried} />}
        <div className="row nfoot">
          <button type="button" className="btn" disabled={!editable || busy !== ''} onClick={() => send('test', 'test', tell(setTried))}>
            {busy === 'test' ? 'Sending…' : 'Send a test'}
          </button>
          <span className="muted grow">with the error seen last; filters are not asked</span>
          <button type="button" className="btn" onClick={closeDialog}>
            Cancel
          </button>
          <button type="submit" className="btn primary" disabled={!editable || busy !== ''}>
            Keep
          </button>
        </div>
      </form>
    </Dialog>
  );
}

const tell =
  (show: (d: Delivery) => void) =>
  (answer: { delivery: Delivery }): void =>
    show(answer.delivery);

/** How a test went, and what was sent. */
function Tried({ delivery }: { delivery: Delivery }): React.ReactElement {
  const last = delivery.attempts.at(-1);
  const well = delivery.state === 'delivered';
  return (
    <div className={well ? 'note ngood' : 'note bad'} role="status">
      <b>{well ? 'The test arrived' : 'The test did not arrive'}</b>{' '}
      {last && (
        <span>
          {last.error || (last.status ? `answered ${last.status}` : last.response)} in {Math.round(last.took_ms)}&thinsp;ms
        </span>
      )}
      {last?.response && last.status > 0 && <code className="nresponse">{last.response.slice(0, 300)}</code>}
      {delivery.body && (
        <details>
          <summary>What was sent</summary>
          {/* It scrolls, so it must be reached by key. */}
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
          <pre className="icanon" tabIndex={0} role="region" aria-label="What was sent">
            {delivery.body}
          </pre>
        </details>
      )}
    </div>
  );
}
