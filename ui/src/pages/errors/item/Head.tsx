import { useRef, useState } from 'react';

import type { Assignee, ItemBundle, Occurrence } from '../../../api/errors';
import { linkTo } from '../../../app/location';
import { usePrefs } from '../../../app/prefs';
import { clock, count, day, momentMs } from '../../../time/format';
import { CopyButton } from '../../../widgets/CopyButton';
import { Menu } from '../../../widgets/Menu';
import { ActionBar, type ActionKeys } from '../ActionBar';
import type { Change } from '../changes';
import { age, noEnvironment, placeWords, shortVersion, stateOf, titleParts } from '../list/columns';
import { listAddress } from '../list/neighbours';
import { markdown } from './copy';

interface Props {
  bundle: ItemBundle;
  occurrence: Occurrence | undefined;
  team: Assignee[];
  keys: React.RefObject<ActionKeys | null>;
  onChange: (c: Change) => void;
  onDelete: () => void;
  onTeam: () => void;
}

/** What the item is, since when, how often, for whom, and what can be done with it. */
export function Head({ bundle, occurrence, team, keys, onChange, onDelete, onTeam }: Props): React.ReactElement {
  const { item, suspect } = bundle;
  const { utc } = usePrefs();
  const now = Date.now();
  const state = stateOf(item, now);
  const [cls, rest] = titleParts(item.title);
  const [editing, setEditing] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const when = (at: string): string => (at === '' ? '' : `${day(momentMs(at), utc)} ${clock(momentMs(at), utc)}`);
  const takeTitle = (): void => {
    const title = input.current?.value.trim() ?? '';
    setEditing(false);
    if (title !== '' && title !== item.title) onChange({ title });
  };
  return (
    <header className="ihead">
      <div className="row">
        <a className="btn small bare" {...linkTo(listAddress())} title="Back to the list, as it was">
          ← Items
        </a>
        <span className={`elevel el-${item.level}`}>{item.level}</span>
        <span className="ecounter">#{item.counter}</span>
        {state.kind !== 'active' && <span className={`badge es-${state.kind}`}>{state.word}</span>}
        {item.next_deploy && <span className="badge es-resolved">resolved by the next deploy</span>}
        {item.is_group && <span className="badge es-muted">group of {bundle.members.length}</span>}
        <span className="grow" />
        <ActionBar
          what={`#${item.counter}`}
          many={false}
          active={item.status === 'active'}
          people={team}
          keys={keys}
          onChange={onChange}
          onDelete={onDelete}
          onTeam={onTeam}
        />
        <CopyButton className="btn small" label="Copy link" text={() => location.href} />
        <Menu
          className="btn small"
          label="Copy ▾"
          name="Copy"
          items={() => [
            {
              label: 'As Markdown',
              run: () => void (occurrence && navigator.clipboard?.writeText(markdown(occurrence, item, location.href))),
            },
            { label: 'Title', run: () => void navigator.clipboard?.writeText(item.title) },
            { label: 'Condition for Query', run: () => void navigator.clipboard?.writeText(bundle.where) },
            ...(occurrence ? [{ label: 'Occurrence uuid', run: () => void navigator.clipboard?.writeText(occurrence.uuid) }] : []),
            ...(occurrence
              ? [{ label: 'Raw JSON', run: () => void navigator.clipboard?.writeText(JSON.stringify(occurrence.payload, null, 2)) }]
              : []),
          ]}
        />
      </div>
      {editing ? (
        <form
          className="row"
          onSubmit={(e) => {
            e.preventDefault();
            takeTitle();
          }}
        >
          <input
            ref={input}
            className="input grow"
            aria-label="Title"
            defaultValue={item.title}
            maxLength={255}
            // Somebody just asked to write it.
            // eslint-disable-next-line jsx-a11y/no-autofocus
            autoFocus
            onKeyDown={(e) => e.key === 'Escape' && setEditing(false)}
          />
          <button type="submit" className="btn">
            Keep
          </button>
        </form>
      ) : (
        <div className="row ititle">
          <h1 title={item.title.slice(0, 1000)}>
            {cls && <b>{cls}</b>}
            {rest || (cls ? '' : '(no title)')}
          </h1>
          <button type="button" className="btn small bare" onClick={() => setEditing(true)} title="Give it another title">
            Edit
          </button>
        </div>
      )}
      {item.latest_title && (
        <p className="muted clip" title={item.latest_title}>
          latest: {item.latest_title}
        </p>
      )}
      <p className="facts ifacts">
        <span title={when(item.first)}>
          first seen {age(item.first, now)} ago
          {item.first_version && (
            <>
              {' '}
              in <code>{shortVersion(item.first_version)}</code>
            </>
          )}
        </span>
        <span title={when(item.last)}>last {age(item.last, now)} ago</span>
        <span title={item.total === item.all_time ? '' : `${item.all_time} times in all, ${item.total} since it came back`}>
          <b>{count(item.all_time)}</b> {item.all_time === 1 ? 'time' : 'times'}
        </span>
        <span>
          <b>{count(item.people)}</b> {item.people === 1 ? 'person' : 'people'}
        </span>
        {item.ips > 0 && (
          <span>
            {count(item.ips)} {item.ips === 1 ? 'address' : 'addresses'}
          </span>
        )}
        <span title={item.environment === noEnvironment ? placeWords(item.environment) : undefined}>
          {[
            item.environment === noEnvironment ? 'environment not said' : item.environment,
            item.framework === 'unknown' ? '' : item.framework,
            item.language,
          ]
            .filter(Boolean)
            .join(' · ')}
        </span>
        {item.culprit && <code className="muted">{item.culprit}</code>}
        <span className="muted">{item.assignee ? `assigned to ${item.assignee.name}` : 'assigned to nobody'}</span>
      </p>
      {suspect && (
        <p className="note isuspect">
          Began {age(suspect.at, momentMs(item.activated) || now)} after{' '}
          <a {...linkTo(`/errors/${item.id}?tab=versions`)}>
            the deploy of <code>{shortVersion(suspect.revision)}</code>
          </a>
          {suspect.by && ` by ${suspect.by}`} to {suspect.environment}
          {suspect.comment && <span className="muted"> · {suspect.comment.split('\n')[0]!.slice(0, 160)}</span>}
        </p>
      )}
      {bundle.dropped > 0 && (
        <p className="note">
          {count(bundle.dropped)} more {bundle.dropped === 1 ? 'occurrence' : 'occurrences'} of the last 7 days{' '}
          {bundle.dropped === 1 ? 'was' : 'were'} not kept: the access token was over its limit.
        </p>
      )}
    </header>
  );
}
