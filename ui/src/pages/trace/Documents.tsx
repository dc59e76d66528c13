import { useState } from 'react';

import type { TraceModel } from '../../charts/model';
import { duration } from '../../time/format';
import { CopyButton } from '../../widgets/CopyButton';
import { JsonTree } from '../../widgets/JsonTree';
import { useSegments } from './useSegments';
import { readDocument, type Segment } from './xray';

interface Props {
  trace: TraceModel;
  onSelect: (id: string) => void;
}

/** The documents of X-Ray that the trace came as, to read and to copy. */
export function Documents({ trace, onSelect }: Props): React.ReactElement {
  const { data, error } = useSegments(trace.id, trace.totalSpans);
  const [open, setOpen] = useState(0);
  const list = data?.segments.filter((s) => s.document) ?? [];
  const shown = list[Math.min(open, list.length - 1)];
  return (
    <div className="documents">
      {error && <p className="note bad">{error.message}</p>}
      {data && list.length === 0 && (
        <p className="muted pad">
          No part of this trace came as a document of X-Ray. Spans are copied as JSON or OTLP from the Copy menu above.
        </p>
      )}
      {list.length > 0 && (
        <>
          <div className="row doc-head">
            <span className="grow">
              {list.length === 1 ? '1 document' : `${list.length} documents`} of {data!.segments.filter((s) => !s.inferred).length} segments
              {data!.documents_left_out > 0 && ` · ${data!.documents_left_out} are too much for one page`}
            </span>
            <CopyButton className="btn small" label="Copy all" text={() => `[${list.map((s) => s.document).join(',\n')}]`} />
          </div>
          <div className="doc-body">
            <ul aria-label="Documents">
              {list.map((s, i) => (
                <li key={`${s.id} ${i}`}>
                  <button type="button" className="link" aria-current={s === shown ? 'true' : undefined} onClick={() => setOpen(i)}>
                    <span className="service" style={{ '--c': `var(--s${s.slot || 12})` } as React.CSSProperties}>
                      <span className="clip">{s.name}</span>
                    </span>
                    <span className={s.class === 'ok' ? 'muted' : 'error-text'}>
                      {s.in_progress ? 'in progress' : duration(s.duration)}
                    </span>
                  </button>
                </li>
              ))}
            </ul>
            {shown && <One key={shown.id} segment={shown} onSelect={onSelect} />}
          </div>
        </>
      )}
    </div>
  );
}

function One({ segment: s, onSelect }: { segment: Segment; onSelect: (id: string) => void }): React.ReactElement {
  const [raw, setRaw] = useState(false);
  const value = readDocument(s.document!);
  return (
    // It scrolls, so it must be reached by key.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="doc-one" tabIndex={0} role="region" aria-label={`Document of ${s.name}`}>
      <div className="row">
        <div className="views">
          <button type="button" className="btn small" aria-pressed={!raw} onClick={() => setRaw(false)}>
            Tree
          </button>
          <button type="button" className="btn small" aria-pressed={raw} onClick={() => setRaw(true)}>
            As sent
          </button>
        </div>
        <CopyButton className="btn small" label="Copy" text={() => s.document!} />
        <button type="button" className="btn small" onClick={() => onSelect(s.id)}>
          Show in the waterfall
        </button>
      </div>
      {raw || !value ? <pre>{s.document}</pre> : <JsonTree value={value} open={2} />}
    </div>
  );
}
