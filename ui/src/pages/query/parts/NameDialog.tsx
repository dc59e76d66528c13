import { useState } from 'react';

import { honeycomb, whyOf } from '../../../api/client';
import { Dialog, DialogFoot } from '../../../widgets/Dialog';

interface Props {
  dataset: string;
  /** The question as the server read it. */
  spec: Record<string, unknown>;
  onDone: () => void;
  onClose: () => void;
}

/** Gives a question a name, under which the history and Honeycomb's API have it. */
export function NameDialog({ dataset, spec, onDone, onClose }: Props): React.ReactElement {
  const [error, setError] = useState('');
  const name = async (words: { name: string; description: string }): Promise<void> => {
    const to = encodeURIComponent(dataset);
    const { id } = await honeycomb<{ id: string }>(`queries/${to}`, spec);
    await honeycomb(`query_annotations/${to}`, { ...words, query_id: id });
  };
  return (
    <Dialog name="Name this query" className="mark-dialog" onClose={onClose}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          const form = new FormData(e.currentTarget);
          name({ name: String(form.get('name')), description: String(form.get('description')) }).then(onDone, (err: unknown) =>
            setError(whyOf(err)),
          );
        }}
      >
        <h2>Name this query</h2>
        <input
          className="input"
          name="name"
          aria-label="Name"
          placeholder="what it answers, for example slow checkouts"
          required
          maxLength={320}
        />
        <textarea
          className="input name-words"
          name="description"
          aria-label="Description"
          placeholder="more words, if needed"
          rows={3}
          maxLength={1023}
        />
        <DialogFoot yes="Save" error={error} />
      </form>
    </Dialog>
  );
}
