import { useState } from 'react';

import type { ErrorTrace, Occurrence } from '../../../api/errors';
import { setPrefs, usePrefs } from '../../../app/prefs';
import { CopyButton } from '../../../widgets/CopyButton';
import { tracebackText } from './copy';
import { FrameRow } from './FrameRow';
import { openAtFirst, rowsOf } from './frames';

interface Props {
  occurrence: Occurrence;
  source: string;
}

const longMessage = 600;

/** The chain of exceptions: what was raised last first, own frames open, runs of library frames folded. */
export function Traceback({ occurrence, source }: Props): React.ReactElement {
  const { oldestFirst } = usePrefs();
  const [original, setOriginal] = useState(true);
  const { traces } = occurrence;
  const mapped = traces.some((t) => t.frames.some((f) => f.original));
  if (traces.length === 0) {
    return (
      <section className="epart" aria-label="Message">
        <header>
          <h2>{occurrence.kind === 'crash_report' ? 'Crash report' : 'Message'}</h2>
          <span className="grow" />
          <CopyButton className="btn small bare" label="Copy" text={() => occurrence.text} />
        </header>
        <LongText text={occurrence.text || '(empty)'} />
      </section>
    );
  }
  return (
    <section className="epart" aria-label="Traceback">
      <header>
        <h2>Traceback</h2>
        <span className="muted">{oldestFirst ? 'oldest call first' : 'newest call first'}</span>
        <span className="grow" />
        {mapped && (
          <span className="views" role="group" aria-label="Code as">
            <button type="button" className="btn small" aria-pressed={original} onClick={() => setOriginal(true)}>
              Source
            </button>
            <button type="button" className="btn small" aria-pressed={!original} onClick={() => setOriginal(false)}>
              As sent
            </button>
          </span>
        )}
        <button type="button" className="btn small bare" onClick={() => setPrefs({ oldestFirst: !oldestFirst })}>
          {oldestFirst ? 'Newest first' : 'Oldest first'}
        </button>
        <CopyButton className="btn small bare" label="Copy traceback" text={() => tracebackText(traces, original)} />
      </header>
      {traces.map((t, i) => (
        <One key={i} trace={t} first={i === 0} original={original} source={source} reversed={oldestFirst} />
      ))}
    </section>
  );
}

interface OneProps {
  trace: ErrorTrace;
  first: boolean;
  original: boolean;
  source: string;
  reversed: boolean;
}

function One({ trace, first, original, source, reversed }: OneProps): React.ReactElement {
  const [unfolded, setUnfolded] = useState<ReadonlySet<number>>(new Set());
  const [open, setOpen] = useState<ReadonlySet<number>>(() => new Set(first ? [openAtFirst(trace.frames)] : []));
  const flip = (at: number): void => {
    const next = new Set(open);
    if (!next.delete(at)) next.add(at);
    setOpen(next);
  };
  const rows = rowsOf(trace.frames, unfolded);
  const shown = reversed ? [...rows].reverse() : rows;
  return (
    <div className="etrace">
      <h3 className="eclass">
        {!first && <span className="muted">caused by </span>}
        <b className="mono">{trace.class}</b>
      </h3>
      {trace.message !== '' && <LongText text={trace.message} />}
      {trace.description !== '' && trace.description !== trace.message && <LongText text={trace.description} />}
      <ol className="eframes">
        {shown.map((r) =>
          r.kind === 'fold' ? (
            <li key={`fold ${r.from}`} className="efold">
              <button type="button" className="link" aria-expanded={false} onClick={() => setUnfolded(new Set(unfolded).add(r.from))}>
                <span className="twist" aria-hidden="true">
                  ▸
                </span>
                {r.to - r.from} frames of {r.of}
              </button>
            </li>
          ) : (
            <FrameRow
              key={r.at}
              frame={trace.frames[r.at]!}
              open={open.has(r.at)}
              original={original}
              source={source}
              onFlip={() => flip(r.at)}
            />
          ),
        )}
        {trace.frames.length === 0 && <li className="muted efold">No frames came with it.</li>}
        {trace.left_out > 0 && <li className="muted efold">{trace.left_out} more frames in the middle are in the raw JSON.</li>}
      </ol>
    </div>
  );
}

function LongText({ text }: { text: string }): React.ReactElement {
  const [all, setAll] = useState(false);
  const cut = !all && text.length > longMessage;
  return (
    <div className="emessage">
      <pre>{cut ? `${text.slice(0, longMessage)}…` : text}</pre>
      {cut && (
        <button type="button" className="link accent" onClick={() => setAll(true)}>
          {text.length} characters, show all
        </button>
      )}
    </div>
  );
}
