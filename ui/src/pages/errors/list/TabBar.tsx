import type { Assignee } from '../../../api/errors';
import { setPrefs } from '../../../app/prefs';
import { count } from '../../../time/format';
import { tabs, type ListState } from './url';

interface Props {
  state: ListState;
  set: (c: Partial<ListState>) => void;
  counts: Record<string, number> | undefined;
  me: number;
  team: Assignee[];
}

/** The usual questions, each with how many items it has. */
export function TabBar({ state, set, counts, me, team }: Props): React.ReactElement {
  return (
    <div className="etabs">
      <div className="views" role="group" aria-label="Which items">
        {tabs.map(([id, name]) => (
          <button key={id} type="button" className="btn small" aria-pressed={state.tab === id} onClick={() => set({ tab: id })}>
            {name}
            {counts && counts[id] !== undefined && <span className="ecount">{count(counts[id])}</span>}
          </button>
        ))}
      </div>
      {state.tab === 'mine' && (
        <label className="row">
          <span className="muted">I am</span>
          <select
            className="input small"
            aria-label="Who I am"
            value={String(me)}
            onChange={(e) => setPrefs({ me: Number(e.target.value) })}
          >
            <option value="0">nobody yet</option>
            {team.map((p) => (
              <option key={p.id} value={p.id}>
                {p.name}
              </option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}
