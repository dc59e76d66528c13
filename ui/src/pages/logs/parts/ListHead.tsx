import { setPrefs } from '../../../app/prefs';
import { count } from '../../../time/format';
import { CopyButton } from '../../../widgets/CopyButton';
import { Menu } from '../../../widgets/Menu';
import { asJSON, asMarkdown, asText } from '../copy';
import type { FieldFacts } from '../data';
import type { Line } from '../lines';
import type { LogsState } from '../url';

interface Props {
  state: LogsState;
  fields: readonly FieldFacts[];
  picked: readonly Line[];
  /** Lines with all of their texts. */
  wholeOf: (lines: readonly Line[]) => Promise<Line[]>;
  sidebar: boolean;
  onClear: () => void;
  set: (c: Partial<LogsState>, replace?: boolean) => void;
}

/** How the lines are shown; with several selected, what can be done with them. */
export function ListHead({ state, fields, picked, wholeOf, sidebar, onClear, set }: Props): React.ReactElement {
  if (picked.length > 0) {
    return (
      <div className="row ltoolbar lpicked" role="status">
        <b>
          {count(picked.length)} {picked.length === 1 ? 'line' : 'lines'} selected
        </b>
        <CopyButton className="btn small" label="Copy as text" text={async () => asText(await wholeOf(picked))} />
        <CopyButton className="btn small" label="JSON" text={async () => asJSON(await wholeOf(picked))} />
        <CopyButton className="btn small" label="Markdown" text={async () => asMarkdown(await wholeOf(picked))} />
        <button type="button" className="btn small bare" onClick={onClear} title="Esc">
          Clear
        </button>
      </div>
    );
  }
  const names = [...new Set([...state.cols, ...fields.map((f) => f.name)])].slice(0, 60);
  return (
    <div className="row ltoolbar">
      {!sidebar && (
        <button type="button" className="btn small bare" onClick={() => setPrefs({ logFields: true })} title="Show the fields (Shift f)">
          › Fields
        </button>
      )}
      <Menu
        className="btn small bare"
        label={`Columns${state.cols.length > 0 ? ` (${state.cols.length})` : ''} ▾`}
        name="Columns"
        keepOpen
        items={() =>
          names.length > 0
            ? names.map((name) => ({
                label: name,
                checked: state.cols.includes(name),
                run: () => set({ cols: state.cols.includes(name) ? state.cols.filter((c) => c !== name) : [...state.cols, name] }, true),
              }))
            : [{ label: 'No fields are known yet', run: () => undefined }]
        }
      />
      <button
        type="button"
        className="btn small bare"
        aria-pressed={state.wrap}
        onClick={() => set({ wrap: !state.wrap }, true)}
        title="Wrap lines (w)"
      >
        Wrap
      </button>
      <button
        type="button"
        className="btn small bare"
        onClick={() => set({ order: state.order === 'desc' ? 'asc' : 'desc', at: '' })}
        title="Turn the order around"
      >
        {state.order === 'desc' ? 'Newest first ↓' : 'Oldest first ↓'}
      </button>
    </div>
  );
}
