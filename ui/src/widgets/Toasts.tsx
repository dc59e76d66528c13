import { useEffect, useSyncExternalStore } from 'react';

interface Toast {
  id: number;
  text: string;
  bad: boolean;
  undo: (() => void) | undefined;
}

const showMs = 6_000;
const undoMs = 10_000;
const most = 3;

let toasts: readonly Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();

function change(next: readonly Toast[]): void {
  toasts = next;
  listeners.forEach((l) => l());
}

/** Says what happened for some seconds; with a way back it stays for ten. */
export function say(text: string, undo?: () => void): void {
  change([...toasts.slice(1 - most), { id: ++last, text, bad: false, undo }]);
}

/** Says what could not be done. */
export function sayBad(text: string): void {
  change([...toasts.slice(1 - most), { id: ++last, text, bad: true, undo: undefined }]);
}

/** Takes back what was said last, if it can be; reports whether it could. */
export function undoLast(): boolean {
  const t = toasts.findLast((x) => x.undo);
  if (!t) return false;
  change(toasts.filter((x) => x !== t));
  t.undo?.();
  return true;
}

/** Where what happened is said, once in a page. */
export function Toasts(): React.ReactElement {
  const list = useSyncExternalStore(
    (l) => {
      listeners.add(l);
      return () => listeners.delete(l);
    },
    () => toasts,
  );
  return (
    <div className="toasts" role="status" aria-live="polite">
      {list.map((t) => (
        <OneToast key={t.id} toast={t} />
      ))}
    </div>
  );
}

function OneToast({ toast }: { toast: Toast }): React.ReactElement {
  const close = (): void => change(toasts.filter((t) => t.id !== toast.id));
  useEffect(() => {
    const timer = setTimeout(() => change(toasts.filter((t) => t.id !== toast.id)), toast.undo ? undoMs : showMs);
    return () => clearTimeout(timer);
  }, [toast]);
  return (
    <div className={toast.bad ? 'toast bad fade' : 'toast fade'}>
      <span className="grow">{toast.text}</span>
      {toast.undo && (
        <button
          type="button"
          className="btn small"
          title="Take it back (z)"
          onClick={() => {
            close();
            toast.undo?.();
          }}
        >
          Undo
        </button>
      )}
      <button type="button" className="btn small bare" aria-label="Close" onClick={close}>
        ×
      </button>
    </div>
  );
}
