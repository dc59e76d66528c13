import type { Start } from '../../../api/types';
import { linkTo } from '../../../app/location';
import { chipsOf, type ListState } from './url';

interface Props {
  state: ListState;
  start: Start | undefined;
  /** Items there are, whatever the filters. */
  any: number;
  tabs: Record<string, number> | undefined;
  set: (c: Partial<ListState>) => void;
}

const examples = [
  ['#1', 'an item by its number'],
  ['timeout', 'a word of the title'],
  ['code_version:1.4', 'where an occurrence has it'],
  ['has:comments', 'what people wrote about'],
] as const;

/** Why there is no item to see, and the way out of it. */
export function Nothing({ state, start, any, tabs, set }: Props): React.ReactElement {
  if (any === 0) {
    const server = start?.endpoints.listen ? `http://${start.endpoints.listen}` : location.origin;
    return (
      <div className="empty eempty">
        <h2>No error has been sent yet</h2>
        <p>Any Rollbar SDK reports here when its endpoint says so. In Python:</p>
        <pre>{`import rollbar\nrollbar.init("any-key-works", environment="production",\n             endpoint="${server}/api/1/")`}</pre>
        <p>Exceptions that OpenTelemetry records on spans become items by themselves.</p>
        <a className="btn primary" {...linkTo('/setup?card=rollbar')}>
          Set up a service
        </a>
      </div>
    );
  }
  const filters: [string, Partial<ListState>][] = [
    ...(state.q ? [[`the search ${state.q}`, { q: '' }] as [string, Partial<ListState>]] : []),
    ...chipsOf(state, (id) => `person ${id}`),
  ];
  if (filters.length > 0) {
    return (
      <div className="empty eempty">
        <h2>No item matches</h2>
        <p className="row wrap">
          {filters.map(([name, without]) => (
            <button key={name} type="button" className="btn small" onClick={() => set(without)}>
              <span className="clip">Remove {name}</span>
            </button>
          ))}
        </p>
        {state.tab !== 'all' && (
          <p>
            Or look for it in{' '}
            <button type="button" className="link accent" onClick={() => set({ tab: 'all' })}>
              all items
            </button>
            .
          </p>
        )}
        <p className="muted">
          The search takes{' '}
          {examples.map(([text, what], i) => (
            <span key={text}>
              {i > 0 && ', '}
              <button type="button" className="link accent" onClick={() => set({ q: text })} title={what}>
                <code>{text}</code>
              </button>
            </span>
          ))}
          .
        </p>
      </div>
    );
  }
  const [title, more] = words[state.tab];
  return (
    <div className="empty eempty">
      <h2>{title}</h2>
      <p>
        {more}{' '}
        {(tabs?.all ?? any) > 0 && (
          <button type="button" className="link accent" onClick={() => set({ tab: 'all' })}>
            See all items
          </button>
        )}
      </p>
    </div>
  );
}

const words: Readonly<Record<ListState['tab'], [string, string]>> = {
  active: ['Nothing is broken', 'Every item is resolved, muted or asleep.'],
  new: ['No new error since yesterday', 'An item is here for a day after its first occurrence.'],
  reactivated: ['Nothing came back', 'An item is here when it happens again after it was resolved.'],
  muted: ['Nothing is muted', 'Mute what cannot be repaired now: it counts on, and says nothing.'],
  resolved: ['Nothing is resolved yet', 'Resolve an item with e when it is repaired; it comes back by itself if it is not.'],
  mine: ['Nothing is assigned to you', 'Say above who you are, and assign items with a.'],
  all: ['No items', ''],
};
