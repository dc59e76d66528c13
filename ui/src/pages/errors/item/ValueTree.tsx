import { useState } from 'react';

import { get, whyOf } from '../../../api/client';
import type { Json, LeftOut } from '../../../api/errors';
import { bytes } from '../../../time/format';
import { isLeftOut, kindOf, longest, previewOf } from './values';

interface Props {
  value: Json | LeftOut;
  /** Asks for what was left out. */
  source: string;
  depth?: number;
}

/** How many members are shown before more are asked for. */
const page = 50;
const deepest = 40;

/** A value as a tree that opens where it is pressed; nothing that is shut is built. */
export function ValueTree({ value, source, depth = 0 }: Props): React.ReactElement {
  const [open, setOpen] = useState(depth === 0);
  const [shown, setShown] = useState(page);
  if (isLeftOut(value)) return <Wanted of={value} source={source} depth={depth} />;
  if (value === null || typeof value !== 'object') return <Scalar value={value} />;
  const entries: [string, Json][] = Array.isArray(value) ? value.map((v, i) => [String(i), v]) : Object.entries(value);
  if (entries.length === 0) return <span className="vt-sign">{Array.isArray(value) ? '[]' : '{}'}</span>;
  if (depth >= deepest) return <span className="muted">deeper than {deepest} levels: see the raw JSON</span>;
  return (
    <span className="vt">
      {depth > 0 && (
        <button type="button" className="link vt-open" aria-expanded={open} onClick={() => setOpen((o) => !o)}>
          <span aria-hidden="true">{open ? '▾' : '▸'}</span> <span className="vt-sign">{previewOf(value)}</span>
        </button>
      )}
      {open && (
        <ul>
          {entries.slice(0, shown).map(([name, v]) => (
            <li key={name}>
              <span className="vt-name">{name.length > 200 ? `${name.slice(0, 200)}…` : name}</span>
              <ValueTree value={v} source={source} depth={depth + 1} />
            </li>
          ))}
          {entries.length > shown && (
            <li>
              <button type="button" className="link accent" onClick={() => setShown((n) => n + page * 4)}>
                {entries.length - shown} more
              </button>
            </li>
          )}
        </ul>
      )}
    </span>
  );
}

function Scalar({ value }: { value: null | boolean | number | string }): React.ReactElement {
  const [all, setAll] = useState(false);
  if (typeof value !== 'string') return <span className="vt-num">{String(value)}</span>;
  const cut = !all && value.length > longest;
  return (
    <span className="vt-text">
      {cut ? value.slice(0, longest) : value}
      {value === '' && <span className="muted">(empty)</span>}
      {cut && (
        <button type="button" className="link accent vt-more" onClick={() => setAll(true)}>
          … {bytes(value.length)}, show all
        </button>
      )}
    </span>
  );
}

/** What was too large to come along: it is fetched when somebody wants it. */
function Wanted({ of, source, depth }: { of: LeftOut; source: string; depth: number }): React.ReactElement {
  const [got, setGot] = useState<{ value: Json | LeftOut }>();
  const [said, setSaid] = useState('');
  if (got) return <ValueTree value={got.value} source={source} depth={Math.max(depth, 1)} />;
  return (
    <button
      type="button"
      className="link accent"
      onClick={() => {
        setSaid('Loading…');
        get<{ value: Json | LeftOut }>(source, { path: of.$path }).then(
          (r) => setGot(r),
          (e: unknown) => setSaid(`${whyOf(e)}. Try again`),
        );
      }}
    >
      {said || `${kindOf(of)}, ${bytes(of.$bytes)}: load`}
    </button>
  );
}
