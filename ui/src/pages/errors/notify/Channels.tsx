import { useEffect, useState } from 'react';

import { post, whyOf } from '../../../api/client';
import { CopyButton } from '../../../widgets/CopyButton';
import { say } from '../../../widgets/Toasts';
import { NoMail } from './ConfigPart';
import { channelNames, channels, plainReason, type Channel, type ChannelSettings, type Notifications } from './rules';

interface Props {
  data: Notifications;
  onChanged: () => void;
}

const about: Readonly<Record<Channel, string>> = {
  webhook: 'Rollbar’s bodies as JSON or XML, signed. The address is used by rules that have none of their own.',
  slack: 'An incoming webhook of Slack, or of any tool that takes the same.',
  pagerduty: 'Events of version 2. The key is that of a service’s integration.',
  email: 'To members with a mail address, or to those a rule names.',
};

/** What holds for all rules of a channel. */
export function Channels({ data, onChanged }: Props): React.ReactElement {
  return (
    <section aria-label="Channels">
      <h2 className="nhead">Channels</h2>
      <div className="nchannels">
        {channels.map((c) => {
          const settings = data.channels.find((x) => x.channel === c)?.settings;
          return (
            settings && <Card key={c} channel={c} settings={settings} mail={data.mail} editable={data.may_edit} onChanged={onChanged} />
          );
        })}
      </div>
    </section>
  );
}

interface CardProps {
  channel: Channel;
  settings: ChannelSettings;
  mail: boolean;
  editable: boolean;
  onChanged: () => void;
}

function Card({ channel, settings, mail, editable, onChanged }: CardProps): React.ReactElement {
  const [draft, setDraft] = useState(settings);
  const [error, setError] = useState('');
  const kept = JSON.stringify(settings);
  // What comes anew while nobody has changed anything is shown.
  useEffect(() => setDraft(JSON.parse(kept) as ChannelSettings), [kept]);
  const changed = JSON.stringify(draft) !== kept;
  const set = (c: Partial<ChannelSettings>): void => {
    setDraft({ ...draft, ...c });
    setError('');
  };
  const keep = (): void => {
    post(`errors/notifications/${channel}`, draft).then(
      () => {
        say(`${channelNames[channel]} is kept`);
        onChanged();
      },
      (e: unknown) => setError(plainReason(whyOf(e))),
    );
  };
  const text = (name: 'url' | 'channel' | 'service_key', label: string, placeholder: string): React.ReactElement => (
    <label>
      {label}
      <input
        className="input mono"
        value={draft[name] ?? ''}
        placeholder={placeholder}
        spellCheck={false}
        autoComplete="off"
        disabled={!editable}
        onChange={(e) => set({ [name]: e.target.value })}
      />
    </label>
  );
  const check = (name: 'show_message_buttons' | 'include_request_params', label: string): React.ReactElement => (
    <label className="echeck">
      <input type="checkbox" checked={draft[name] ?? false} disabled={!editable} onChange={(e) => set({ [name]: e.target.checked })} />
      <span>{label}</span>
    </label>
  );
  return (
    <form
      className="epart eform"
      aria-label={channelNames[channel]}
      onSubmit={(e) => {
        e.preventDefault();
        keep();
      }}
    >
      <div className="row">
        <h3 className="grow">{channelNames[channel]}</h3>
        <label className="echeck">
          <input type="checkbox" checked={draft.enabled} disabled={!editable} onChange={(e) => set({ enabled: e.target.checked })} />
          <span>on</span>
        </label>
      </div>
      <p className="muted">{about[channel]}</p>
      {channel === 'webhook' && (
        <>
          {text('url', 'Address', 'https://hooks.example.com/errors')}
          {settings.signing_secret && (
            <div className="row nsecret">
              <span>
                Signing secret <code>{settings.signing_secret.slice(0, 4)}…</code>
              </span>
              <CopyButton className="btn small" label="Copy" text={() => settings.signing_secret ?? ''} />
            </div>
          )}
        </>
      )}
      {channel === 'slack' && (
        <>
          {text('url', 'Address of the incoming webhook', 'https://hooks.slack.com/services/…')}
          {text('channel', 'Room', '#errors')}
          {check('show_message_buttons', 'a button that opens the item')}
        </>
      )}
      {channel === 'pagerduty' && (
        <>
          {text('service_key', 'Integration key', '32 letters and digits')}
          {text('url', 'Address, if it is not PagerDuty’s own', 'https://events.pagerduty.com/v2/enqueue')}
        </>
      )}
      {channel === 'email' && (
        <>
          {!mail && <NoMail />}
          {check('include_request_params', 'with the request’s address and parameters')}
        </>
      )}
      {error && (
        <p className="error-text" role="alert">
          {error}
        </p>
      )}
      <div className="row nkeep">
        <button type="submit" className="btn small" disabled={!changed || !editable}>
          Keep
        </button>
        {changed && (
          <button type="button" className="btn small bare" onClick={() => (setDraft(settings), setError(''))}>
            As it was
          </button>
        )}
      </div>
    </form>
  );
}
