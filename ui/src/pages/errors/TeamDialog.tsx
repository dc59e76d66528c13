import { useState } from 'react';

import { post, whyOf } from '../../api/client';
import type { Assignee } from '../../api/errors';
import { Dialog, DialogFoot } from '../../widgets/Dialog';

/** Asks for somebody new to assign to. */
export function TeamDialog({ onClose, onDone }: { onClose: () => void; onDone: (p: Assignee) => void }): React.ReactElement {
  const [error, setError] = useState('');
  return (
    <Dialog name="Somebody new" className="edialog" onClose={onClose}>
      <h2>Somebody new</h2>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          const form = new FormData(e.currentTarget);
          post<Assignee>('errors/team', { name: String(form.get('name') ?? ''), email: String(form.get('email') ?? '') }).then(
            onDone,
            (err: unknown) => setError(whyOf(err)),
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
        <DialogFoot yes="Add and assign" error={error} />
      </form>
    </Dialog>
  );
}
