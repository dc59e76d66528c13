import './notify.css';

import { useCallback, useEffect, useState } from 'react';

import { get, post, whyOf } from '../../../api/client';
import type { People } from '../../../api/errors';
import { useLoad } from '../../../api/useLoad';
import { useKeys } from '../../../app/keys';
import { ago, count, momentMs } from '../../../time/format';
import { Menu } from '../../../widgets/Menu';
import { say, sayBad } from '../../../widgets/Toasts';
import { ConfirmDialog } from '../ConfirmDialog';
import { Channels } from './Channels';
import { LogDialog } from './LogDialog';
import { RuleDialog } from './RuleDialog';
import {
  channelNames,
  filterWords,
  freshRule,
  stateWords,
  whenWords,
  whereWords,
  wire,
  type Channel,
  type ChannelSettings,
  type Delivery,
  type KeptRule,
  type Notifications,
  type Rule,
} from './rules';

interface Placed {
  channel: Channel;
  rule: KeptRule;
}

const lookMs = 10_000;
const failed = (e: unknown): void => sayBad(whyOf(e));

/** Who is told of what: rules, how their deliveries go, and the channels. */
export default function NotifyPage(): React.ReactElement {
  const [turn, setTurn] = useState(0);
  const again = useCallback(() => setTurn((n) => n + 1), []);
  const { data, error, loading } = useLoad(`notifications ${turn}`, (signal) => get<Notifications>('errors/notifications', {}, signal));
  const people = useLoad(`team ${turn}`, (signal) => get<People>('errors/team', {}, signal));
  const [editing, setEditing] = useState<{ channel: Channel | undefined; rule: Rule }>();
  const [log, setLog] = useState<Placed>();
  const [removing, setRemoving] = useState<Placed>();
  const [busy, setBusy] = useState(0);
  useEffect(() => {
    document.title = 'Notifications · Oriel';
    const timer = setInterval(() => !document.hidden && again(), lookMs);
    return () => clearInterval(timer);
  }, [again]);
  const all = (data?.channels ?? []).flatMap((c): Placed[] => c.rules.map((rule) => ({ channel: c.channel, rule })));
  const settings = (channel: Channel): ChannelSettings | undefined => data?.channels.find((c) => c.channel === channel)?.settings;
  const editable = data?.may_edit ?? false;
  const create = (): void => setEditing({ channel: undefined, rule: freshRule() });
  useKeys('Notifications', { c: ['make a rule', () => editable && create()], r: ['look again', again] });
  const flip = ({ channel, rule }: Placed): void => {
    const status = rule.status === 'enabled' ? 'disabled' : 'enabled';
    post(`errors/notifications/${channel}/rules`, { id: rule.id, rule: { ...wire(channel, rule), status } }).then(() => {
      say(status === 'enabled' ? 'On: it tells from now on' : 'Off: it tells nothing until it is on again');
      again();
    }, failed);
  };
  const test = ({ channel, rule }: Placed): void => {
    setBusy(rule.id);
    post<{ delivery: Delivery }>(`errors/notifications/${channel}/test`, { id: rule.id, rule: wire(channel, rule) })
      .then(({ delivery }) => {
        if (delivery.state === 'delivered') say('The test arrived');
        else sayBad(`The test did not arrive: ${delivery.attempts.at(-1)?.error ?? 'no reason was given'}`);
        again();
      }, failed)
      .finally(() => setBusy(0));
  };
  return (
    <div className="ebody escroll enotify" aria-busy={loading}>
      <div className="ehero">
        <h1>Notifications</h1>
        <p className="muted">
          A rule tells a webhook, Slack, PagerDuty or people’s mail of what happens to errors. What fails is tried again for days, also over
          restarts.
        </p>
        <button type="button" className="btn primary" onClick={create} disabled={!editable} title="New rule (c)">
          New rule
        </button>
      </div>
      {error && (
        <p className="note bad" role="alert">
          {error.message}
        </p>
      )}
      {data && !editable && (
        <p className="note">Your key may look at rules but not change them; addresses and keys are shown by their end.</p>
      )}
      {data && all.length === 0 && (
        <section className="epart nnone" aria-label="No rules">
          <h2>Nobody is told of anything yet</h2>
          <p>
            Most teams begin with three: <b>a new error</b> and <b>an error comes back</b> to a chat room, and{' '}
            <b>many occurrences in a time</b> to whoever is on call. A rule can be tried before it is kept.
          </p>
          <button type="button" className="btn" onClick={create} disabled={!editable}>
            Make the first rule
          </button>
        </section>
      )}
      {all.length > 0 && (
        // It scrolls sideways where it is narrow, so it must be reached by key.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <div className="ntable" tabIndex={0} role="region" aria-label="Rules">
          <table>
            <thead>
              <tr>
                <th>On</th>
                <th>Tells of</th>
                <th>Only if</th>
                <th>To</th>
                <th>Last delivery</th>
                <th>
                  <span className="sr">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {all.map((p) => (
                <Row
                  key={p.rule.id}
                  placed={p}
                  settings={settings(p.channel)}
                  editable={editable}
                  busy={busy === p.rule.id}
                  onFlip={() => flip(p)}
                  onEdit={() => setEditing({ channel: p.channel, rule: p.rule })}
                  onClone={() => setEditing({ channel: p.channel, rule: { ...p.rule, id: 0 } })}
                  onTest={() => test(p)}
                  onLog={() => setLog(p)}
                  onRemove={() => setRemoving(p)}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {data && <Channels data={data} onChanged={again} />}
      {editing && data && (
        <RuleDialog
          {...editing}
          data={data}
          people={people.data?.people ?? []}
          onClose={() => setEditing(undefined)}
          onKept={() => {
            setEditing(undefined);
            say('Kept: it holds from now on');
            again();
          }}
        />
      )}
      {log && <LogDialog channel={log.channel} rule={log.rule} editable={editable} onClose={() => (setLog(undefined), again())} />}
      {removing && (
        <ConfirmDialog
          title="Delete this rule?"
          yes="Delete"
          onClose={() => setRemoving(undefined)}
          onYes={() => {
            post(`errors/notifications/${removing.channel}/rules/${removing.rule.id}/remove`, {}).then(() => {
              say('Deleted');
              again();
            }, failed);
            setRemoving(undefined);
          }}
        >
          <p>
            {channelNames[removing.channel]}, {whenWords(removing.rule)}: it goes with its log, and with{' '}
            {removing.rule.waiting > 0 ? `${count(removing.rule.waiting)} that still wait` : 'what still waits'} to be delivered.
          </p>
        </ConfirmDialog>
      )}
    </div>
  );
}

interface RowProps {
  placed: Placed;
  settings: ChannelSettings | undefined;
  editable: boolean;
  busy: boolean;
  onFlip: () => void;
  onEdit: () => void;
  onClone: () => void;
  onTest: () => void;
  onLog: () => void;
  onRemove: () => void;
}

function Row({ placed: { channel, rule }, settings, editable, busy, ...run }: RowProps): React.ReactElement {
  const state = stateWords(rule);
  const filters = rule.filters.filter((f) => f.type !== 'rate');
  const on = rule.status === 'enabled';
  const where = whereWords(channel, rule, settings);
  const name = `${channelNames[channel]}: ${whenWords(rule)}`;
  return (
    <tr className={on ? '' : 'off'}>
      <td>
        <input type="checkbox" aria-label={`${name} is on`} checked={on} disabled={!editable} onChange={run.onFlip} />
      </td>
      <td>
        <button type="button" className="link nname" onClick={run.onEdit}>
          {whenWords(rule)}
        </button>
        {rule.action === 'resolve_incident' && <span className="muted"> · ends the incident</span>}
        {rule.disabled_reason && <div className="error-text nwhy">{rule.disabled_reason}</div>}
      </td>
      <td className="nfilters">
        {filters.length === 0 ? <span className="muted">always</span> : filters.map((f, i) => <code key={i}>{filterWords(f)}</code>)}
      </td>
      <td>
        <span>{channelNames[channel]}</span>{' '}
        {where ? <span className="muted nwrap">{where}</span> : <span className="error-text">has no address</span>}
        {settings?.enabled === false && <div className="muted">the channel is off</div>}
      </td>
      <td>
        <button type="button" className="link nstate" data-kind={state.kind} onClick={run.onLog} title="See the log">
          <i aria-hidden="true" />
          <span>
            {state.word}
            {rule.last && <span className="muted"> {ago(Date.now() - momentMs(rule.last.at))}</span>}
            {rule.waiting > 1 && <span className="muted"> · {count(rule.waiting)} wait</span>}
          </span>
        </button>
        {state.why && <div className="muted nwhy">{state.why}</div>}
      </td>
      <td className="nactions">
        <button type="button" className="btn small" disabled={!editable || busy} onClick={run.onTest}>
          {busy ? 'Sending…' : 'Test'}
        </button>
        <Menu
          className="btn small bare"
          label="⋯"
          name={`What to do with ${name}`}
          items={[
            { label: editable ? 'Edit' : 'Look', run: run.onEdit },
            { label: 'Log of deliveries', run: run.onLog },
            ...(editable
              ? [
                  { label: 'Clone', run: run.onClone },
                  { label: 'Delete…', run: run.onRemove },
                ]
              : []),
          ]}
        />
      </td>
    </tr>
  );
}
