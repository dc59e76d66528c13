import type { ListedTrace } from '../../api/types';
import type { Loaded } from '../../api/useLoad';
import { linkTo } from '../../app/location';
import { duration } from '../../time/format';
import type { TraceLink, TraceLinks } from './useLinks';

/** The links of a span: those it has, and those that other traces have to it. */
export function Links({ loaded, span }: { loaded: Loaded<TraceLinks>; span: string }): React.ReactElement {
  const { data, error } = loaded;
  if (error) return <p className="note bad">{error.message}</p>;
  if (!data) return <p className="muted">Looking…</p>;
  const links = data.links.filter((l) => l.span_id === span);
  if (links.length === 0) {
    const others = data.links.length;
    return (
      <p className="muted">
        {others === 0
          ? 'This trace has no links, and none leads to it.'
          : `This span has no links; ${others === 1 ? 'another of the trace has 1' : `others of the trace have ${others}`}.`}
      </p>
    );
  }
  return (
    <>
      {(
        [
          ['Links to', links.filter((l) => !l.incoming)],
          ['Linked from', links.filter((l) => l.incoming)],
        ] as const
      ).map(
        ([title, list]) =>
          list.length > 0 && (
            <section key={title} className="trace-links">
              <h3>
                {title} <span className="muted">{list.length}</span>
              </h3>
              <ul>
                {list.map((l) => (
                  <LinkRow
                    key={`${l.span_id} ${l.trace_id} ${l.other_span_id}`}
                    link={l}
                    other={data.traces.find((t) => t.trace_id === l.trace_id)}
                  />
                ))}
              </ul>
            </section>
          ),
      )}
      {!data.complete && <p className="muted">There are more; the newest are shown.</p>}
    </>
  );
}

function LinkRow({ link: l, other }: { link: TraceLink; other: ListedTrace | undefined }): React.ReactElement {
  return (
    <li>
      <a {...linkTo(linkedSpan(l))}>
        {other ? (
          <>
            {other.root.service} {other.root.name || '(no root)'}
          </>
        ) : (
          <code>{l.trace_id}</code>
        )}
      </a>
      <span className="muted">
        {l.upstream ? 'came before' : 'goes on with this'}
        {other
          ? ` · ${duration(other.duration)} · ${other.spans} ${other.spans === 1 ? 'span' : 'spans'}`
          : ' · is not here (yet, or anymore)'}
        {other && other.errors > 0 && <span className="error-text"> · {other.errors === 1 ? '1 error' : `${other.errors} errors`}</span>}
      </span>
      <code className="muted" title={l.xray_id}>
        {l.trace_id}
      </code>
    </li>
  );
}

/** Where the span at the other end is. */
export const linkedSpan = (l: TraceLink): string => `/trace/${encodeURIComponent(l.trace_id)}?span=${encodeURIComponent(l.other_span_id)}`;
