import { useState } from 'react';

import { ansiRuns, hasAnsi } from './ansi';

/** Text longer than this is cut on screen; copying gives all of it. */
const longest = 1000;

/** A value as text: terminal colours shown, nothing of it taken as markup. */
export function ValueText({ text }: { text: string }): React.ReactElement {
  if (text === '') return <span className="muted">(empty)</span>;
  const shown = text.length > longest ? `${text.slice(0, longest)}…` : text;
  if (!hasAnsi(shown)) return <>{shown}</>;
  return (
    <>
      {ansiRuns(shown).map((r, i) => (
        <span key={i} className={`${r.color >= 0 ? `ansi${r.color}` : ''}${r.bold ? ' bold' : ''}`}>
          {r.text}
        </span>
      ))}
    </>
  );
}

const kB = 1024;

/** Below a value that is cut: how long it is, and all of it. */
export function WholeText({ text }: { text: string }): React.ReactElement | null {
  const [open, setOpen] = useState(false);
  if (text.length <= longest) return null;
  return (
    <>
      <button type="button" className="link accent" aria-expanded={open} onClick={() => setOpen((o) => !o)}>
        {open ? 'Show less' : `${Math.round(text.length / kB)}\u2009kB, show all`}
      </button>
      {open && (
        // It scrolls, so it must be reached by key.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <pre className="whole" tabIndex={0} role="region" aria-label="The whole value">
          {text}
        </pre>
      )}
    </>
  );
}
