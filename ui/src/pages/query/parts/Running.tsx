import { count } from '../../../time/format';
import type { Progress } from '../useRun';

/** How much has been looked at, and a way to stop. */
export function Running({ progress, onCancel }: { progress: Progress | undefined; onCancel: () => void }): React.ReactElement {
  const share = progress?.share ?? 0;
  return (
    <div className="running">
      <div className="running-bar" style={{ transform: `scaleX(${Math.max(share, 0.02)})` }} />
      <div className="running-text">
        <span role="status">
          {progress
            ? `${Math.round(share * 100)} % · ${count(progress.scanned)}${progress.rows > 0 ? ` of ${count(progress.rows)}` : ''} rows · ${(progress.elapsedMs / 1000).toFixed(1)} s`
            : 'Looking…'}
        </span>
        <button type="button" className="btn small" onClick={onCancel} title="Stop (Esc)">
          Cancel
        </button>
      </div>
    </div>
  );
}
