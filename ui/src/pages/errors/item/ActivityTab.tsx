import { useState } from 'react';

import { get, post, whyOf } from '../../../api/client';
import type { Activity, ItemBundle } from '../../../api/errors';
import { useLoad } from '../../../api/useLoad';
import { usePrefs } from '../../../app/prefs';
import { ago, clock, day, momentMs } from '../../../time/format';
import { sayBad } from '../../../widgets/Toasts';

const words: Readonly<Record<string, string>> = {
  created: 'It happened for the first time',
  reactivated: 'It came back',
  reopened: 'made it active again',
  resolved: 'resolved it',
  muted: 'muted it',
  snoozed: 'put it to sleep',
  unsnoozed: 'woke it',
  title: 'gave it another title',
  level: 'changed its level',
  assigned: 'assigned it',
  merged: 'merged it',
  unmerged: 'took it apart',
  split: 'split it',
  next_deploy: 'left it to the next deploy',
  undone: 'took a change back',
};

interface Props {
  bundle: ItemBundle;
  onChanged: () => void;
}

/** What was done to the item and said about it. */
export function ActivityTab({ bundle, onChanged }: Props): React.ReactElement {
  const { item } = bundle;
  const { utc, me } = usePrefs();
  const [turn, setTurn] = useState(0);
  const [text, setText] = useState('');
  const { data, error } = useLoad(`activity ${item.id} ${turn} ${item.status} ${item.comments}`, (signal) =>
    get<{ activity: Activity[] }>(`errors/items/${item.id}/activity`, {}, signal),
  );
  const failed = (e: unknown): void => sayBad(whyOf(e));
  const done = (): void => {
    setTurn((n) => n + 1);
    onChanged();
  };
  const send = (): void => {
    if (text.trim() === '') return;
    post(`errors/items/${item.id}/comments`, { text: text.trim(), as: me }).then(() => {
      setText('');
      done();
    }, failed);
  };
  return (
    <section className="epart iactivity" aria-label="Activity">
      <header>
        <h2>Activity</h2>
      </header>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          send();
        }}
      >
        <textarea
          className="input"
          aria-label="Comment"
          placeholder="what is known about it      Ctrl Enter sends"
          rows={3}
          maxLength={20_000}
          value={text}
          onChange={(e) => setText(e.target.value)}
          onKeyDown={(e) => {
            if (e.key !== 'Enter' || !(e.ctrlKey || e.metaKey)) return;
            e.preventDefault();
            e.stopPropagation();
            send();
          }}
        />
        <button type="submit" className="btn" disabled={text.trim() === ''}>
          Comment
        </button>
      </form>
      {error && <p className="note bad">{error.message}</p>}
      <ol>
        {(data?.activity ?? []).map((a) => {
          const ms = momentMs(a.at || '0');
          return (
            <li key={a.id} className={a.kind === 'comment' ? 'said' : ''}>
              <p className="row">
                <b>{a.actor || (a.kind === 'comment' ? 'somebody' : '')}</b>
                <span>{a.kind === 'comment' ? '' : sentence(words[a.kind] ?? a.kind, a.actor)}</span>
                <span className="muted" title={`${day(ms, utc)} ${clock(ms, utc)}`}>
                  {ago(Date.now() - ms)}
                </span>
                {a.kind === 'comment' && (
                  <button
                    type="button"
                    className="btn small bare"
                    aria-label="Remove the comment"
                    onClick={() => post(`errors/items/${item.id}/comments/${a.id}/remove`, {}).then(done, failed)}
                  >
                    Remove
                  </button>
                )}
              </p>
              {a.text && <p className="text">{a.text}</p>}
            </li>
          );
        })}
      </ol>
      {data && data.activity.length === 0 && <p className="muted">Nothing was done with it yet.</p>}
    </section>
  );
}

/** Without a name in front it begins the sentence. */
function sentence(text: string, actor: string): string {
  if (actor) return text;
  return /^It /.test(text) ? text : `Somebody or something ${text}`;
}
