import { go, here } from '../../../app/location';
import type { Range } from '../../../time/range';
import { Menu } from '../../../widgets/Menu';
import { TimePicker } from '../../../widgets/TimePicker';
import { every, named, type Dataset } from '../data';
import type { Draft } from '../draft';
import { CompareTo } from './CompareTo';
import { Granularity } from './Granularity';

interface Props {
  dataset: string;
  datasets: Dataset[] | undefined;
  draft: Draft;
  range: Range;
  asText: boolean;
  dirty: boolean;
  history: boolean;
  onText: () => void;
  onHistory: () => void;
  onRange: (r: Range) => void;
  onRun: () => void;
  /** Names the question; undefined before it was answered. */
  onName: (() => void) | undefined;
  /** Looks again by itself. */
  refresh: React.ReactNode;
}

/** Where the question is asked, over which time, and what acts on it as a whole. */
export function Toolbar({ dataset, datasets, draft, range, asText, dirty, history, onRun, ...props }: Props): React.ReactElement {
  return (
    <div className="query-tools">
      <select
        className="input dataset"
        aria-label="Dataset"
        value={dataset}
        onChange={(e) => go(`/query/${encodeURIComponent(e.target.value)}${here().search}`)}
      >
        <option value={every}>All datasets</option>
        {named(dataset, datasets ?? []).map((slug) => (
          <option key={slug} value={slug}>
            {slug}
          </option>
        ))}
      </select>
      <button type="button" className="btn" aria-pressed={asText} title="The query as one line of text" onClick={props.onText}>
        {'</>'}
      </button>
      <div className="views">
        <button
          type="button"
          className="btn"
          disabled={!draft.canUndo}
          title="Undo (Ctrl Z)"
          aria-label="Undo"
          onClick={() => draft.undo()}
        >
          ↶
        </button>
        <button
          type="button"
          className="btn"
          disabled={!draft.canRedo}
          title="Redo (Ctrl Shift Z)"
          aria-label="Redo"
          onClick={() => draft.redo()}
        >
          ↷
        </button>
      </div>
      <button type="button" className="btn" aria-pressed={history} title="What was asked before (h)" onClick={props.onHistory}>
        History
      </button>
      <Granularity draft={draft} onRun={onRun} />
      <CompareTo draft={draft} range={range} onRun={onRun} />
      <Menu
        className="btn"
        name="More"
        label="⋯"
        items={() => [
          {
            label: 'Stored events, not those they stand for',
            checked: draft.get().unweighted,
            run: () => {
              draft.set({ ...draft.get(), unweighted: !draft.get().unweighted });
              onRun();
            },
          },
          ...(props.onName ? [{ label: 'Name this query', run: props.onName }] : []),
        ]}
      />
      <span className="query-time">
        <TimePicker range={range} onChange={props.onRange} />
        {props.refresh}
        <button type="button" className={dirty ? 'btn primary due' : 'btn primary'} onClick={onRun} title="Run (Ctrl Enter)">
          Run query
        </button>
      </span>
    </div>
  );
}
