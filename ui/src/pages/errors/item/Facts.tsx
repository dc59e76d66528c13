import { useState } from 'react';

import type { Json } from '../../../api/errors';
import { ValueMenu } from '../../../widgets/ValueMenu';
import { flattened, isScrubbed, previewOf } from './values';
import { ValueTree } from './ValueTree';

interface Props {
  title: string;
  value: Json | undefined;
  /** What the fields of it are called in the rows: "request.". */
  prefix: string;
  source: string;
  /** Members shown elsewhere. */
  without?: readonly string[];
  children?: React.ReactNode;
}

const usual = 12;

/** A part of a payload as fields with values: what can be filtered by, and trees for the rest. */
export function Facts({ title, value, prefix, source, without = [], children }: Props): React.ReactElement | null {
  const [all, setAll] = useState(false);
  const list = flattened(value ?? null).filter(([name]) => !without.includes(name.split('.')[0]!));
  if (list.length === 0 && !children) return null;
  const shown = all ? list : list.slice(0, usual);
  return (
    <section className="epart" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <span className="grow" />
        {children}
      </header>
      <dl className="efacts">
        {shown.map(([name, v]) => (
          <div key={name}>
            <dt className="clip" title={name}>
              {name}
            </dt>
            <dd>
              {isScrubbed(v) ? (
                <span className="muted" title="Taken out before it was stored: see Scrubbing">
                  (scrubbed)
                </span>
              ) : v !== null && typeof v !== 'object' && String(v).length < 1000 ? (
                <ValueMenu field={`${prefix}${name}`} value={v} text={typeof v === 'string' ? v : String(v)} />
              ) : (
                <ValueTree value={v} source={source} depth={typeof v === 'object' && v !== null ? 1 : 0} />
              )}
            </dd>
          </div>
        ))}
      </dl>
      {list.length > usual && (
        <button type="button" className="link accent emore" aria-expanded={all} onClick={() => setAll((a) => !a)}>
          {all
            ? 'Fewer'
            : `${list.length - usual} more: ${previewOf(
                list
                  .slice(usual)
                  .map(([n]) => n)
                  .slice(0, 3) as Json,
                80,
              )}`}
        </button>
      )}
    </section>
  );
}
