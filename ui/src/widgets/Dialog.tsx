import { useEffect, useImperativeHandle, useRef } from 'react';

interface Props {
  /** What assistive technology calls it. */
  name: string;
  /** Of the page's own style sheet. */
  className?: string;
  onClose: () => void;
  /** For who closes it otherwise than by its buttons. */
  ref?: React.Ref<HTMLDialogElement>;
  children: React.ReactNode;
}

/** Something over the page, which waits: Escape closes it, and the focus goes back to where it was. */
export function Dialog({ name, className, onClose, ref, children }: Props): React.ReactElement {
  const dialog = useRef<HTMLDialogElement>(null);
  useImperativeHandle(ref, () => dialog.current!);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className={`sheet fade ${className ?? ''}`.trim()} aria-label={name} onClose={onClose}>
      {children}
    </dialog>
  );
}

/** Closes the dialog that a button stands in. */
export function closeDialog(e: React.MouseEvent): void {
  e.currentTarget.closest('dialog')?.close();
}

/** A heading with a way out; what else stands beside it comes before that. */
export function DialogHead({ title, children }: { title: React.ReactNode; children?: React.ReactNode }): React.ReactElement {
  return (
    <div className="row">
      <h2 className="grow">{title}</h2>
      {children}
      <button type="button" className="btn small bare" onClick={closeDialog}>
        Close
      </button>
    </div>
  );
}

interface FootProps {
  /** What is done, in a word. */
  yes: string;
  /** What a press does; without it the button sends the form that it stands in. */
  onYes?: (() => void) | undefined;
  disabled?: boolean;
  error?: string;
  /** Of the button that does it. */
  look?: string;
}

/** Why it could not be done, and the two ways out of a question. */
export function DialogFoot({ yes, onYes, disabled, error, look = 'primary' }: FootProps): React.ReactElement {
  return (
    <>
      {error && (
        <p className="error-text" role="alert">
          {error}
        </p>
      )}
      <div className="row">
        <span className="grow" />
        <button type="button" className="btn" onClick={closeDialog}>
          Cancel
        </button>
        <button type={onYes ? 'button' : 'submit'} className={`btn ${look}`} disabled={disabled} onClick={onYes}>
          {yes}
        </button>
      </div>
    </>
  );
}
