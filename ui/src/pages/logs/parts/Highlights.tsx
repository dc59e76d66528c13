import { useState } from 'react';

import { count } from '../../../time/format';

interface Props {
  terms: readonly string[];
  counts: readonly number[];
  onChange: (terms: string[]) => void;
}

const most = 5;

/** Up to five terms, each in its colour, with how often they came. */
export function Highlights({ terms, counts, onChange }: Props): React.ReactElement {
  const [text, setText] = useState('');
  return (
    <div className="lhigh" role="group" aria-label="Highlights">
      {terms.map((t, i) => (
        <span key={t} className={`chip hl mark${i + 1}`}>
          <span className="clip">{t}</span>
          <span className="hl-n">{count(counts[i] ?? 0)}</span>
          <button type="button" aria-label={`Do not highlight ${t}`} onClick={() => onChange(terms.filter((x) => x !== t))}>
            ×
          </button>
        </span>
      ))}
      {terms.length < most && (
        <input
          className="input small"
          aria-label="Highlight a term"
          placeholder="highlight…"
          value={text}
          onChange={(e) => setText(e.target.value)}
          onKeyDown={(e) => {
            if (e.key === 'Escape') e.currentTarget.blur();
            const term = text.trim();
            if (e.key !== 'Enter' || term === '') return;
            if (!terms.includes(term)) onChange([...terms, term]);
            setText('');
          }}
        />
      )}
    </div>
  );
}
