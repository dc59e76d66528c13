import { Dialog, DialogFoot } from '../../widgets/Dialog';

interface Props {
  title: string;
  children: React.ReactNode;
  yes: string;
  onClose: () => void;
  onYes: () => void;
}

/** Asks before something that has no way back. */
export function ConfirmDialog({ title, children, yes, onClose, onYes }: Props): React.ReactElement {
  return (
    <Dialog name={title} className="edialog" onClose={onClose}>
      <h2>{title}</h2>
      {children}
      <DialogFoot yes={yes} onYes={onYes} />
    </Dialog>
  );
}
