import { Dialog, DialogFoot } from '../../widgets/Dialog';

interface Props {
  what: string;
  onClose: () => void;
  onTake: (version: string) => void;
}

/** Asks in which version something was repaired. */
export function VersionDialog({ what, onClose, onTake }: Props): React.ReactElement {
  return (
    <Dialog name="Resolve in a version" className="edialog" onClose={onClose}>
      <h2>Resolve {what} in a version</h2>
      <p className="muted">Occurrences of older versions leave it resolved; the first one in this version or a later one brings it back.</p>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          const v = String(new FormData(e.currentTarget).get('version') ?? '').trim();
          if (v !== '') onTake(v);
        }}
      >
        <label>
          Version
          <input
            className="input"
            name="version"
            required
            maxLength={40}
            placeholder="1.4.2 or 7f3c0a1"
            spellCheck={false}
            autoComplete="off"
          />
        </label>
        <DialogFoot yes="Resolve" />
      </form>
    </Dialog>
  );
}
