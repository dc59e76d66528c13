import { CopyButton } from './CopyButton';

interface Props {
  error: { message: string; requestId?: string };
  /** In how many seconds it is asked again without being told to. */
  retryIn?: number;
  onAgain: () => void;
  className?: string;
}

/** Says why something could not be loaded, and offers another try; what it says can be copied, with the request's id and the address. */
export function Failed({ error, retryIn, onAgain, className = '' }: Props): React.ReactElement {
  return (
    <div className={`note bad row ${className}`} role="alert">
      <span className="grow">
        {error.message}
        {retryIn !== undefined && ` · trying again in ${retryIn}\u2009s`}{' '}
        <span className="muted">{error.requestId && `request ${error.requestId}`}</span>
      </span>
      <CopyButton
        className="btn small bare"
        label="Copy details"
        title="What went wrong, for whoever looks after the server"
        text={() => [error.message, error.requestId && `request ${error.requestId}`, location.href].filter(Boolean).join('\n')}
      />
      <button type="button" className="btn small" onClick={onAgain}>
        Try again
      </button>
    </div>
  );
}
