import type { Frame } from '../../../api/errors';
import { CopyButton } from '../../../widgets/CopyButton';
import { Code } from './Code';
import { frameText } from './copy';
import { codeLines, placeOf, shownOf } from './frames';
import { isLeftOut } from './values';
import { ValueTree } from './ValueTree';

interface Props {
  frame: Frame;
  open: boolean;
  original: boolean;
  source: string;
  onFlip: () => void;
}

/** A call: where it was, its code, what it was given and what it held. */
export function FrameRow({ frame, open, original, source, onFlip }: Props): React.ReactElement {
  const f = shownOf(frame, original);
  const locals = frame.locals;
  const hasLocals = locals !== null && (isLeftOut(locals) || Object.keys(locals).length > 0);
  const hasMore = codeLines(f).length > 0 || hasLocals || frame.args.length > 0 || frame.unmapped !== undefined;
  return (
    <li className={`eframe${frame.own ? ' own' : ''}${open ? ' open' : ''}`}>
      <button type="button" className="link" aria-expanded={hasMore ? open : undefined} disabled={!hasMore} onClick={onFlip}>
        <span className="twist" aria-hidden="true">
          {hasMore ? (open ? '▾' : '▸') : ''}
        </span>
        <span className="where">
          <b className="mono">{f.method || '(no name)'}</b>
          <span className="muted"> in </span>
          <span className="mono file">{placeOf(f)}</span>
        </span>
        {!frame.own && <span className="badge es-muted">{frame.library || 'library'}</span>}
        {original && frame.original && <span className="badge es-new">source map</span>}
      </button>
      {open && hasMore && (
        <div className="eframe-body">
          {frame.unmapped !== undefined && original && <p className="muted small">Not mapped: {frame.unmapped}</p>}
          <Code of={f} />
          {frame.args.length > 0 && (
            <section aria-label="Arguments">
              <h4>Arguments</h4>
              <ul className="evars">
                {frame.args.map(([name, value], i) => (
                  <li key={`${i} ${name}`}>
                    <span className="vt-name">{name}</span>
                    <ValueTree value={value} source={source} depth={1} />
                  </li>
                ))}
              </ul>
            </section>
          )}
          {hasLocals && (
            <section aria-label="Locals">
              <h4>Locals</h4>
              <ValueTree value={locals} source={source} />
            </section>
          )}
          <CopyButton className="btn small bare" label="Copy frame" text={() => frameText(frame, original)} />
        </div>
      )}
    </li>
  );
}
