import { nameOf, type TraceModel } from '../../charts/model';

/** The way from the whole trace down to the span that is shown as root; each step leads back up. */
export function Crumbs({ trace, root, onRoot }: { trace: TraceModel; root: number; onRoot: (i: number) => void }): React.ReactElement {
  const path: number[] = [];
  for (let i = trace.spans.parent[root]!; i >= 0; i = trace.spans.parent[i]!) path.unshift(i);
  return (
    <nav className="crumbs" aria-label="Root">
      <button type="button" className="link accent" onClick={() => onRoot(-1)} title="Back to the whole trace (Esc)">
        Whole trace
      </button>
      {path.map((i) => (
        <span key={i} className="row">
          <span aria-hidden="true">›</span>
          <button type="button" className="link accent clip" onClick={() => onRoot(i)}>
            {nameOf(trace, i)}
          </button>
        </span>
      ))}
      <span className="row">
        <span aria-hidden="true">›</span>
        <b className="clip" aria-current="location">
          {nameOf(trace, root)}
        </b>
      </span>
    </nav>
  );
}
