import { useEffect, useRef, useState } from 'react';

import { post } from '../../api/client';
import type { Assignee } from '../../api/errors';

/** Asks for somebody new to assign to. */
export function TeamDialog({ onClose, onDone }: { onClose: () => void; onDone: (p: Assignee) => void }): React.ReactElement {
  const dialog = useRef<HTMLDialogElement>(null);
  const [error, setError] = useState('');
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="sheet edialog fade" aria-label="Somebody new" onClose={onClose}>
      <h2>Somebody new</h2>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          const form = new FormData(e.currentTarget);
          post<Assignee>('errors/team', { name: String(form.get('name') ?? ''), email: String(form.get('email') ?? '') }).then(
            onDone,
            (err: unknown) => setError(err instanceof Error ? err.message : 'The server can’t be reached'),
          );
        }}
      >
        <label>
          Name
          <input className="input" name="name" required maxLength={255} autoComplete="off" />
        </label>
        <label>
          E-mail, if known
          <input className="input" name="email" type="email" maxLength={255} autoComplete="off" />
        </label>
        {error && (
          <p className="error-text" role="alert">
            {error}
          </p>
        )}
        <div className="row">
          <span className="grow" />
          <button type="button" className="btn" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="btn primary">
            Add and assign
          </button>
        </div>
      </form>
    </dialog>
  );
}
