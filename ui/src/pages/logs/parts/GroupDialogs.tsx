import { useState } from 'react';

import { whyOf } from '../../../api/client';
import { retentionDays } from '../../../api/aws';
import { count } from '../../../time/format';
import { retentionText, type GroupRow } from '../groups';
import { Dialog, DialogFoot } from '../../../widgets/Dialog';

const why = (e: unknown): string => whyOf(e);

/** Asks for the name of a new group, and how long it keeps its lines. */
export function CreateGroup({
  onClose,
  onCreate,
}: {
  onClose: () => void;
  onCreate: (name: string, days: number | undefined) => Promise<unknown>;
}): React.ReactElement {
  const [error, setError] = useState('');
  return (
    <Dialog name="New log group" className="ldialog" onClose={onClose}>
      <h2>New log group</h2>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          const form = new FormData(e.currentTarget);
          const days = Number(form.get('days'));
          onCreate(String(form.get('name') ?? '').trim(), days > 0 ? days : undefined).catch((err: unknown) => setError(why(err)));
        }}
      >
        <label>
          Name
          <input className="input" name="name" required maxLength={512} placeholder="/app/web" spellCheck={false} autoComplete="off" />
        </label>
        <label>
          Keep lines for
          <select className="input" name="days" defaultValue="0">
            <option value="0">{retentionText(undefined)}</option>
            {retentionDays.map((d) => (
              <option key={d} value={d}>
                {retentionText(d)}
              </option>
            ))}
          </select>
        </label>
        <DialogFoot yes="Make it" error={error} />
      </form>
    </Dialog>
  );
}

/** Deletes a group only when its name was written. */
export function DeleteGroup({
  row,
  onClose,
  onDelete,
}: {
  row: GroupRow;
  onClose: () => void;
  onDelete: () => Promise<unknown>;
}): React.ReactElement {
  const [error, setError] = useState('');
  const [name, setName] = useState('');
  return (
    <Dialog name={`Delete ${row.name}`} className="ldialog" onClose={onClose}>
      <h2>Delete a log group</h2>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (name === row.name) onDelete().catch((err: unknown) => setError(why(err)));
        }}
      >
        <p>
          <code>{row.name}</code> goes with its streams and {count(row.lines)} lines. This can’t be undone.
        </p>
        <label>
          Write its name to delete it
          <input className="input" value={name} onChange={(e) => setName(e.target.value)} spellCheck={false} autoComplete="off" />
        </label>
        <DialogFoot yes="Delete" look="ldanger" disabled={name !== row.name} error={error} />
      </form>
    </Dialog>
  );
}
