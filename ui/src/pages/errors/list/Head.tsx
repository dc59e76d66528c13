import { spans, type ListState, type SortKey } from './url';

interface Props {
  state: ListState;
  set: (c: Partial<ListState>) => void;
  all: boolean;
  onAll: () => void;
}

/** Names of the columns; a press sorts. */
export function Head({ state, set, all, onAll }: Props): React.ReactElement {
  const sort = (key: SortKey, name: string, num = false): React.ReactElement => (
    <span
      role="columnheader"
      className={num ? 'num' : ''}
      aria-sort={state.sort === key ? (state.order === 'asc' ? 'ascending' : 'descending') : 'none'}
    >
      <button type="button" onClick={() => set({ sort: key, order: state.sort === key && state.order === 'desc' ? 'asc' : 'desc' })}>
        {name}
        {state.sort === key ? (state.order === 'asc' ? ' ↑' : ' ↓') : ''}
      </button>
    </span>
  );
  return (
    <div role="rowgroup" className="ehead">
      <div role="row" className="erow">
        <span role="columnheader" className="epick">
          <input type="checkbox" aria-label="Select all that are loaded" checked={all} onChange={onAll} />
        </span>
        {sort('level', 'Level')}
        {sort('title', 'Error')}
        <span role="columnheader" className="espans">
          {spans.map((s) => (
            <button
              key={s}
              type="button"
              aria-pressed={state.span === s}
              title={s === '24h' ? 'Occurrences by hour of the last day' : 'Occurrences by day of the last week'}
              onClick={() => set({ span: s })}
            >
              {s}
            </button>
          ))}
        </span>
        {sort('total', 'Times', true)}
        {sort('people', 'People', true)}
        {sort('last', 'Last', true)}
        {sort('first', 'First', true)}
        <span role="columnheader">Versions</span>
        <span role="columnheader">Where</span>
        <span role="columnheader">Assigned</span>
      </div>
    </div>
  );
}
