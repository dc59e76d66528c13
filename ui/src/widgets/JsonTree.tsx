import { useState } from 'react';

interface Props {
  value: unknown;
  name?: string;
  /** Levels that are open at first. */
  open?: number;
}

/** More members than these are shown when somebody asks. */
const mostAtOnce = 100;

/** A value as a tree that opens member by member; nothing of it is taken as markup. */
export function JsonTree({ value, name, open = 1 }: Props): React.ReactElement {
  const [shown, setShown] = useState(open > 0);
  const [most, setMost] = useState(mostAtOnce);
  if (typeof value !== 'object' || value === null) {
    return (
      <div className="json-leaf">
        {name !== undefined && <span className="muted">{name}: </span>}
        <span className={`json-${value === null ? 'null' : typeof value}`}>
          {typeof value === 'string' ? value : JSON.stringify(value)}
        </span>
      </div>
    );
  }
  const members = Object.entries(value);
  const size = Array.isArray(value) ? `[${members.length}]` : `{${members.length}}`;
  return (
    <div className="json-branch">
      <button type="button" className="link" aria-expanded={shown} onClick={() => setShown((s) => !s)}>
        <span className="json-twisty" aria-hidden="true">
          {shown ? '▾' : '▸'}
        </span>
        {name !== undefined && <span>{name} </span>}
        <span className="muted">{size}</span>
      </button>
      {shown && (
        <div className="json-members">
          {members.slice(0, most).map(([key, member]) => (
            <JsonTree key={key} name={key} value={member} open={open - 1} />
          ))}
          {members.length > most && (
            <button type="button" className="link accent" onClick={() => setMost((n) => n + mostAtOnce)}>
              {members.length - most} more
            </button>
          )}
        </div>
      )}
    </div>
  );
}
