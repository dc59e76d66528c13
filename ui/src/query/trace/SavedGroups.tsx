import { useEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';

import { whyOf } from '../../api/client';
import type { ParsedTraceFilter } from '../../api/map';
import { useLoad } from '../../api/useLoad';
import { renameGroup, savedGroups, xray, type Group } from '../../api/xray';
import { Menu, type MenuItem } from '../../widgets/Menu';
import { Dialog, DialogHead } from '../../widgets/Dialog';

interface Props {
  /** The filter that is shown, and what is typed. */
  q: string;
  typed: string;
  language: ParsedTraceFilter['language'] | undefined;
  onChoose: (expression: string) => void;
}

/** X-Ray's groups: expressions with a name, for everyone. One is chosen, made of what is typed, renamed or deleted here. */
export function SavedGroups({ q, typed, language, onChoose }: Props): React.ReactElement {
  const [turn, setTurn] = useState(0);
  const [dialog, setDialog] = useState<'save' | 'all'>();
  const { data } = useLoad(`saved groups ${turn}`, savedGroups);
  const groups = data ?? [];
  const chosen = groups.find((g) => g.FilterExpression === q);
  const items: MenuItem[] = [
    ...groups.map((g) => ({ label: g.GroupName, checked: g === chosen, run: () => onChoose(g === chosen ? '' : g.FilterExpression!) })),
    ...(groups.length === 0 ? [{ label: 'A group is an expression with a name', head: true, run: () => undefined }] : []),
    { label: 'Save the expression as a group…', run: () => setDialog('save') },
    ...(groups.length > 0 ? [{ label: 'Rename or delete…', run: () => setDialog('all') }] : []),
  ];
  return (
    <>
      <Menu
        className="btn small"
        name={chosen ? `Groups, ${chosen.GroupName} is chosen` : 'Groups'}
        title="Saved expressions"
        label={<span className="clip">{chosen ? chosen.GroupName : 'Groups'}</span>}
        items={items}
      />
      {/* Outside of the bar, which is a form itself. */}
      {dialog &&
        createPortal(
          <GroupsDialog
            groups={dialog === 'all' ? groups : []}
            draft={dialog === 'save' ? { expression: typed.trim(), language } : undefined}
            onClose={() => setDialog(undefined)}
            onChanged={() => setTurn((n) => n + 1)}
          />,
          document.body,
        )}
    </>
  );
}

interface DialogProps {
  groups: readonly Group[];
  /** What a new group is made of; none where groups are looked after. */
  draft: { expression: string; language: ParsedTraceFilter['language'] | undefined } | undefined;
  onClose: () => void;
  onChanged: () => void;
}

function GroupsDialog({ groups, draft, onClose, onChanged }: DialogProps): React.ReactElement {
  const dialog = useRef<HTMLDialogElement>(null);
  const [error, setError] = useState('');
  const title = draft ? 'Save as a group' : 'Groups';
  const change = (done: Promise<unknown>): Promise<boolean> => {
    setError('');
    return done.then(
      () => {
        onChanged();
        return true;
      },
      (e: unknown) => {
        setError(whyOf(e));
        return false;
      },
    );
  };
  return (
    <Dialog ref={dialog} name={title} className="groups-dialog" onClose={onClose}>
      <DialogHead title={title} />
      {draft ? (
        <NewGroup
          draft={draft}
          onMake={(name, expression) =>
            change(xray('CreateGroup', { GroupName: name, FilterExpression: expression })).then((ok) => ok && dialog.current?.close())
          }
        />
      ) : (
        <table className="small">
          <thead>
            <tr>
              <th>Name</th>
              <th>Expression</th>
              <th />
            </tr>
          </thead>
          <tbody>
            {groups.map((g) => (
              <GroupRow
                key={g.GroupARN}
                group={g}
                onRename={(name) => change(renameGroup(g, name))}
                onDelete={() => change(xray('DeleteGroup', { GroupName: g.GroupName }))}
              />
            ))}
          </tbody>
        </table>
      )}
      {!draft && groups.length === 0 && <p className="muted">There are no groups.</p>}
      {error && (
        <p className="error-text" role="alert">
          {error}
        </p>
      )}
    </Dialog>
  );
}

function NewGroup({
  draft,
  onMake,
}: {
  draft: NonNullable<DialogProps['draft']>;
  onMake: (name: string, expression: string) => void;
}): React.ReactElement {
  const [name, setName] = useState('');
  const [expression, setExpression] = useState(draft.expression);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        e.stopPropagation(); // the bar would take it for its own
        onMake(name.trim(), expression.trim());
      }}
    >
      <label>
        Name
        <input
          ref={first}
          className="input"
          value={name}
          maxLength={32}
          autoComplete="off"
          spellCheck={false}
          onChange={(e) => setName(e.target.value)}
        />
        <span className="muted">letters, digits and dashes; AWS’s tools see the group, too</span>
      </label>
      <label>
        X-Ray filter expression
        <textarea className="input mono" rows={3} value={expression} spellCheck={false} onChange={(e) => setExpression(e.target.value)} />
        {draft.language === 'filter' && expression === draft.expression && (
          <span className="muted">A condition on spans can’t be a group: write it as annotation[name] = “value”.</span>
        )}
      </label>
      <div className="row">
        <span className="grow" />
        <button type="submit" className="btn primary" disabled={name.trim() === '' || expression.trim() === ''}>
          Save
        </button>
      </div>
    </form>
  );
}

interface RowProps {
  group: Group;
  onRename: (name: string) => Promise<boolean>;
  onDelete: () => void;
}

function GroupRow({ group: g, onRename, onDelete }: RowProps): React.ReactElement {
  const [name, setName] = useState<string>();
  const [sure, setSure] = useState(false);
  const keep = (): void => {
    const to = name?.trim() ?? '';
    if (to === '' || to === g.GroupName) setName(undefined);
    else void onRename(to).then((ok) => ok && setName(undefined));
  };
  return (
    <tr>
      <td>
        {name === undefined ? (
          g.GroupName
        ) : (
          <input
            className="input small"
            aria-label={`Name of ${g.GroupName}`}
            value={name}
            maxLength={32}
            ref={(input) => input?.focus()}
            onChange={(e) => setName(e.target.value)}
            onKeyDown={(e) => {
              if (e.key === 'Enter') keep();
              else if (e.key === 'Escape') {
                e.preventDefault();
                setName(undefined);
              }
            }}
          />
        )}
      </td>
      <td>
        <code>{g.FilterExpression}</code>
      </td>
      <td>
        {name === undefined ? (
          <button type="button" className="btn small bare" aria-label={`Rename ${g.GroupName}`} onClick={() => setName(g.GroupName)}>
            Rename
          </button>
        ) : (
          <button type="button" className="btn small" onClick={keep}>
            Keep
          </button>
        )}
        <button
          type="button"
          className="btn small bare"
          aria-label={sure ? `Really delete ${g.GroupName}` : `Delete ${g.GroupName}`}
          onClick={() => (sure ? onDelete() : setSure(true))}
          onBlur={() => setSure(false)}
        >
          {sure ? 'Really delete' : 'Delete'}
        </button>
      </td>
    </tr>
  );
}
