import { useEffect, useRef } from 'react';

interface Props {
  title: string;
  children: React.ReactNode;
  yes: string;
  onClose: () => void;
  onYes: () => void;
}

/** Asks before something that has no way back. */
export function ConfirmDialog({ title, children, yes, onClose, onYes }: Props): React.ReactElement {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="sheet edialog fade" aria-label={title} onClose={onClose}>
      <h2>{title}</h2>
      {children}
      <div className="row">
        <span className="grow" />
        <button type="button" className="btn" onClick={onClose}>
          Cancel
        </button>
        <button type="button" className="btn primary" onClick={onYes}>
          {yes}
        </button>
      </div>
    </dialog>
  );
}
