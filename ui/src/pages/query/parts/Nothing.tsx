import type { Start } from '../../../api/types';
import { here, linkTo } from '../../../app/location';
import { conditionText } from '../../../query/print';
import type { Question } from '../../../query/question';
import { ago, momentMs } from '../../../time/format';
import { every } from '../data';

interface Props {
  question: Question;
  start: Start | undefined;
  dataset: string;
  /** Newest event of the dataset, Unix ns. */
  last: string;
  unknownFields: string[];
  onQuestion: (q: Question) => void;
  onRange: (from: string, to: string) => void;
}

const halfHour = 1_800_000_000_000n;
const second = 1_000_000_000n;

/** Why there is nothing to see, and the way out of it. */
export function Nothing({ question, start, dataset, last, unknownFields, onQuestion, onRange }: Props): React.ReactElement {
  if (start && !start.has_data) {
    return (
      <div className="empty panel">
        <h2>Nothing has been sent yet</h2>
        <p>Questions need events. A service needs three environment variables to send its own here.</p>
        <a className="btn primary" {...linkTo('/setup')}>
          Set up a service
        </a>
      </div>
    );
  }
  const { terms } = question.where;
  if (unknownFields.length > 0) {
    return (
      <div className="empty panel">
        <h2>No event has this field</h2>
        <p>
          {dataset === every ? 'This environment' : `The dataset ${dataset}`} never had{' '}
          {unknownFields.map((f, i) => (
            <span key={f}>
              {i > 0 && ', '}
              <code>{f}</code>
            </span>
          ))}
          . Perhaps it is written differently, or belongs to another dataset.
        </p>
      </div>
    );
  }
  if (terms.length > 0) {
    return (
      <div className="empty panel">
        <h2>No event matches in this range</h2>
        <p className="row wrap">
          {terms.map((c, i) => (
            <button
              key={conditionText(c)}
              type="button"
              className="btn small"
              onClick={() => onQuestion({ ...question, where: { ...question.where, terms: terms.filter((_, k) => k !== i) } })}
            >
              Remove {conditionText(c)}
            </button>
          ))}
        </p>
      </div>
    );
  }
  if (question.havings.length > 0) {
    return (
      <div className="empty panel">
        <h2>No group is left by HAVING</h2>
        <button type="button" className="btn small" onClick={() => onQuestion({ ...question, havings: [] })}>
          Remove HAVING
        </button>
      </div>
    );
  }
  if (!last && dataset !== every) {
    return (
      <div className="empty panel">
        <h2>No event of this dataset yet</h2>
        <p>
          Nothing that is kept belongs to <code>{dataset}</code>. It may be written differently, or its service has sent nothing so far.
        </p>
        <p className="row wrap">
          <a className="btn small" {...linkTo(`/query/${every}${here().search}`)}>
            Ask all datasets
          </a>
          <a className="btn small" {...linkTo('/setup')}>
            Set up a service
          </a>
        </p>
      </div>
    );
  }
  return (
    <div className="empty panel">
      <h2>No events in this range</h2>
      {last && (
        <p>
          The last event came {ago(Date.now() - momentMs(last))}.{' '}
          <button
            type="button"
            className="btn small"
            onClick={() => onRange(String(BigInt(last) - halfHour), String(BigInt(last) + second))}
          >
            Go there
          </button>
        </p>
      )}
    </div>
  );
}
