import { useEffect, useState } from 'react';

import { whyOf } from '../../../api/client';
import { parametersOf } from '../../../query/insights/complete';
import { ago } from '../../../time/format';
import { foldersOf, leafOf, type Definition, type Definitions, type Folder } from './definitions';
import { examples } from './examples';
import type { Past } from './history';

export interface Chosen {
  query: string;
  groups?: string[];
  /** What parameters are before somebody says otherwise. */
  defaults?: Record<string, string>;
  id?: string;
  name?: string;
}

interface Props {
  definitions: Definitions;
  past: Past[];
  /** What stands in the editor, to be saved. */
  text: string;
  values: Record<string, string>;
  /** Names of the chosen log groups. */
  groups: string[];
  open: { id: string; name: string } | undefined;
  onChoose: (c: Chosen) => void;
  onSaved: (id: string, name: string) => void;
  onClose: () => void;
}

/** Saved queries in folders, what ran before, and examples. */
export function SavedPanel(props: Props): React.ReactElement {
  const { definitions, past, onChoose } = props;
  const [find, setFind] = useState('');
  const needle = find.trim().toLowerCase();
  const list = (definitions.list ?? []).filter((d) => `${d.name} ${d.queryString}`.toLowerCase().includes(needle));
  const before = past.filter((p) => p.query.toLowerCase().includes(needle));
  const now = Date.now();
  return (
    <aside className="lpanel saved" aria-label="Saved queries">
      <header>
        <div className="row">
          <h2 className="grow">Queries</h2>
          <button type="button" className="btn small bare" onClick={props.onClose} title="Close (h)">
            Close
          </button>
        </div>
        <SaveForm {...props} />
        <input
          className="input small"
          aria-label="Find a query"
          placeholder="find by name or words"
          value={find}
          onChange={(e) => setFind(e.target.value)}
        />
      </header>
      <div className="lpanel-body">
        {definitions.error && (
          <p className="note bad" role="alert">
            {definitions.error}
          </p>
        )}
        <h3 className="iq-sub">Saved</h3>
        {definitions.list && list.length === 0 && (
          <p className="muted iq-none">{needle ? 'No saved query has these words.' : 'None yet. A name with / makes a folder.'}</p>
        )}
        <Tree folder={foldersOf(list)} onChoose={onChoose} onRemove={definitions.remove} open={needle !== ''} />
        <h3 className="iq-sub">Ran before</h3>
        {before.length === 0 && (
          <p className="muted iq-none">{needle ? 'Nothing with these words.' : 'What you run is listed here, in this browser.'}</p>
        )}
        <ul className="saved-list">
          {before.slice(0, 50).map((p) => (
            <li key={p.query}>
              <button type="button" className="saved-query" onClick={() => onChoose({ query: p.query, groups: p.groups })}>
                <code>{p.query}</code>
                <span className="muted">{ago(now - p.at)}</span>
              </button>
            </li>
          ))}
        </ul>
        <h3 className="iq-sub">Examples</h3>
        <ul className="saved-list">
          {examples.map((x) => (
            <li key={x.name}>
              <button type="button" className="saved-query" onClick={() => onChoose({ query: x.query })}>
                <b>{x.name}</b>
                <code>{x.query}</code>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </aside>
  );
}

function SaveForm({ definitions, text, values, groups, open, onSaved }: Props): React.ReactElement {
  const [name, setName] = useState(open?.name ?? '');
  const [said, setSaid] = useState('');
  useEffect(() => {
    if (open) setName(open.name);
  }, [open]);
  const save = async (id: string | undefined): Promise<void> => {
    try {
      const saved = await definitions.save({
        name: name.trim(),
        queryString: text,
        ...(groups.length > 0 && { logGroupNames: groups }),
        parameters: parametersOf(text).map((p) => ({ name: p, ...(values[p] && { defaultValue: values[p] }) })),
        ...(id && { queryDefinitionId: id }),
      });
      setSaid('Saved');
      onSaved(saved, name.trim());
    } catch (e) {
      setSaid(whyOf(e));
    }
  };
  const ready = name.trim() !== '' && text.trim() !== '';
  return (
    <form
      className="row wrap"
      onSubmit={(e) => {
        e.preventDefault();
        if (ready) void save(open?.name === name.trim() ? open.id : undefined);
      }}
    >
      <input
        className="input small grow"
        aria-label="Name to save the query under"
        placeholder="folder/name of this query"
        value={name}
        onChange={(e) => setName(e.target.value)}
      />
      <button type="submit" className="btn small" disabled={!ready}>
        {open && open.name === name.trim() ? 'Save again' : 'Save'}
      </button>
      <span className="muted" role="status">
        {said}
      </span>
    </form>
  );
}

function Tree(props: {
  folder: Folder;
  open: boolean;
  onChoose: (c: Chosen) => void;
  onRemove: (id: string) => Promise<void>;
}): React.ReactElement {
  const { folder, open, onChoose, onRemove } = props;
  return (
    <ul className="saved-list">
      {folder.folders.map((f) => (
        <li key={f.path}>
          <details open={open || undefined}>
            <summary>{f.name}/</summary>
            <Tree {...props} folder={f} />
          </details>
        </li>
      ))}
      {folder.queries.map((d) => (
        <Saved key={d.queryDefinitionId} d={d} onChoose={onChoose} onRemove={onRemove} />
      ))}
    </ul>
  );
}

function Saved({
  d,
  onChoose,
  onRemove,
}: {
  d: Definition;
  onChoose: (c: Chosen) => void;
  onRemove: (id: string) => Promise<void>;
}): React.ReactElement {
  const [sure, setSure] = useState(false);
  const chosen: Chosen = {
    query: d.queryString,
    groups: d.logGroupNames,
    id: d.queryDefinitionId,
    name: d.name,
    defaults: Object.fromEntries((d.parameters ?? []).map((p) => [p.name, p.defaultValue ?? ''])),
  };
  return (
    <li className="saved-row">
      <button type="button" className="saved-query" title={d.name} onClick={() => onChoose(chosen)}>
        <b>{leafOf(d.name)}</b>
        <code>{d.queryString}</code>
      </button>
      {sure ? (
        <span className="row saved-sure">
          <button type="button" className="btn small" onClick={() => void onRemove(d.queryDefinitionId)}>
            Delete {leafOf(d.name)}
          </button>
          <button type="button" className="btn small bare" onClick={() => setSure(false)}>
            Keep
          </button>
        </span>
      ) : (
        <button type="button" className="btn small bare" aria-label={`Delete ${d.name}`} title="Delete" onClick={() => setSure(true)}>
          ×
        </button>
      )}
    </li>
  );
}
