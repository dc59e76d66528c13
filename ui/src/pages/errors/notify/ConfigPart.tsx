import { useState } from 'react';

import { levels, type Assignee } from '../../../api/errors';
import { timeOf, timeText, type Channel, type ChannelSettings, type Config, type Rule } from './rules';

interface Props {
  channel: Channel;
  rule: Rule;
  settings: ChannelSettings | undefined;
  mail: boolean;
  people: Assignee[];
  environments: string[];
  onConfig: (c: Config) => void;
  onAction: (action: string) => void;
}

/** Where a rule's deliveries go and how they look. */
export function ConfigPart(props: Props): React.ReactElement {
  const { channel, rule, settings, onConfig, onAction } = props;
  const text = (name: 'url' | 'channel' | 'service_key', label: string, fallback: string | undefined, hint: string): React.ReactElement => (
    <label>
      {label}
      <input
        className="input mono"
        spellCheck={false}
        autoComplete="off"
        placeholder={fallback ? `${fallback} (the channel’s)` : hint}
        value={rule.config[name] ?? ''}
        onChange={(e) => onConfig({ [name]: e.target.value })}
      />
    </label>
  );
  switch (channel) {
    case 'webhook':
      return (
        <div className="npair">
          {text('url', 'Address', settings?.url, 'https://hooks.example.com/errors')}
          <label>
            Form
            <select className="input" value={rule.config.format ?? 'json'} onChange={(e) => onConfig({ format: e.target.value })}>
              <option value="json">JSON</option>
              <option value="xml">XML</option>
            </select>
          </label>
        </div>
      );
    case 'slack':
      return (
        <>
          <div className="npair">
            {text('url', 'Address of the incoming webhook', settings?.url, 'https://hooks.slack.com/services/…')}
            {text('channel', 'Room', settings?.channel, '#errors')}
          </div>
          <label>
            Text
            <textarea
              className="input mono"
              rows={2}
              spellCheck={false}
              placeholder="{{ trigger_description }}: {{ title }} in {{ environment }} {{ link }}"
              value={rule.config.message_template ?? ''}
              onChange={(e) => onConfig({ message_template: e.target.value })}
            />
            <span className="muted">
              values of the item, and of its occurrence below <code>body.</code>; left empty, a line with a link
            </span>
          </label>
        </>
      );
    case 'pagerduty':
      return (
        <>
          <div className="npair">
            {text('service_key', 'Integration key', settings?.service_key && `…${settings.service_key.slice(-4)}`, '32 letters and digits')}
            <label>
              Does
              <select className="input" value={rule.action || 'trigger_incident'} onChange={(e) => onAction(e.target.value)}>
                <option value="trigger_incident">opens an incident</option>
                <option value="resolve_incident">ends the item’s incident</option>
              </select>
            </label>
          </div>
          <p className="muted">A test opens an incident of its own, which is named as a test.</p>
        </>
      );
    case 'email':
      return <Mail {...props} />;
  }
}

function Mail({ rule, mail, people, environments, onConfig }: Props): React.ReactElement {
  const chosen = (rule.config.users ?? []).map(String);
  const [time, setTime] = useState(timeText(rule.config.summary_time));
  const flip = (list: readonly string[], v: string): string[] => (list.includes(v) ? list.filter((x) => x !== v) : [...list, v]);
  const places = rule.config.environments ?? [];
  return (
    <>
      {!mail && <NoMail />}
      <div className="nchoices" role="group" aria-label="People">
        <span className="muted">{chosen.length === 0 ? 'All members' : 'Only'}</span>
        {people.map((p) => (
          <button
            key={p.id}
            type="button"
            className="btn small"
            aria-pressed={chosen.includes(String(p.id)) || chosen.includes(p.name)}
            onClick={() =>
              onConfig({
                users: flip(
                  chosen.map((c) => String(people.find((x) => x.name === c)?.id ?? c)),
                  String(p.id),
                ),
              })
            }
          >
            {p.name}
          </button>
        ))}
        {people.length === 0 && <span className="muted">there are none yet: assign an item to somebody to add a member</span>}
      </div>
      {rule.trigger === 'daily_summary' && (
        <>
          <div className="npair">
            <label>
              At, UTC
              <input
                className={timeOf(time) === undefined ? 'input bad' : 'input'}
                aria-invalid={timeOf(time) === undefined}
                value={time}
                onChange={(e) => {
                  setTime(e.target.value);
                  const at = timeOf(e.target.value);
                  if (at !== undefined) onConfig({ summary_time: at });
                }}
              />
            </label>
            <label>
              Errors from level
              <select
                className="input"
                value={rule.config.min_item_level ?? 'debug'}
                onChange={(e) => onConfig({ min_item_level: e.target.value })}
              >
                {levels.map((l) => (
                  <option key={l}>{l}</option>
                ))}
              </select>
            </label>
          </div>
          <div className="nchoices" role="group" aria-label="Environments">
            <span className="muted">{places.length === 0 ? 'In all environments' : 'Only in'}</span>
            {environments.map((e) => (
              <button
                key={e}
                type="button"
                className="btn small"
                aria-pressed={places.includes(e)}
                onClick={() => onConfig({ environments: flip(places, e) })}
              >
                {e}
              </button>
            ))}
          </div>
          <label className="echeck">
            <input
              type="checkbox"
              checked={rule.config.send_only_if_data ?? false}
              onChange={(e) => onConfig({ send_only_if_data: e.target.checked })}
            />
            <span>only if something happened</span>
          </label>
        </>
      )}
    </>
  );
}

/** Says that mail goes nowhere, and how it would. */
export function NoMail(): React.ReactElement {
  return (
    <p className="note">
      This server sends no mail yet: start it with <code>--smtp HOST:PORT</code> and <code>--smtp-from</code>.
    </p>
  );
}
