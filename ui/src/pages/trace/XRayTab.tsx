import type { TraceModel } from '../../charts/model';
import { layOut } from '../../query/sql';
import { CopyButton } from '../../widgets/CopyButton';
import { JsonTree } from '../../widgets/JsonTree';
import { Fields } from './SpanFields';
import { useSegments } from './useSegments';
import { documentOf, exceptionsOf, flat, isObject, type Json } from './xray';

interface Props {
  trace: TraceModel;
  id: string;
}

/** What X-Ray's document says of a span, in the order in which its console tells it. */
export function XRayTab({ trace, id }: Props): React.ReactElement {
  const { data, error } = useSegments(trace.id, trace.totalSpans);
  if (error) return <p className="note bad">{error.message}</p>;
  if (!data) return <p className="muted">Looking…</p>;
  const found = documentOf(data.segments, id);
  const segment = data.segments.find((s) => s.id === id);
  if (!found) {
    return (
      <>
        <p className="muted">
          This span came as a span, not as a document of X-Ray. {segment && 'To X-Ray it is a segment, read as below.'}
        </p>
        {segment && (
          <Part
            title="Segment"
            of={{
              name: segment.name,
              type: segment.type,
              status: segment.class,
              user: segment.user,
              in_progress: segment.in_progress || undefined,
            }}
          />
        )}
        <Part title="Annotations" of={segment?.annotations} menu />
      </>
    );
  }
  const { part, whole } = found;
  const { aws, http, sql, annotations, metadata } = part;
  const service = isObject(whole.service) ? whole.service : undefined;
  return (
    <>
      <p className="row">
        <CopyButton className="btn small" label="Copy this part" text={() => JSON.stringify(part, null, 2)} />
        <CopyButton className="btn small" label="Copy document" text={() => found.text} />
      </p>
      <Part title="Overview" of={overview(part, whole)} />
      <Part title="Request and response" of={http} />
      <Sql sql={sql} />
      <Exceptions part={part} />
      <Part title="Annotations" of={annotations} menu />
      {isObject(metadata) && Object.keys(metadata).length > 0 && (
        <section>
          <h3>Metadata</h3>
          {Object.entries(metadata).map(([namespace, value]) => (
            <JsonTree key={namespace} name={namespace} value={value} />
          ))}
        </section>
      )}
      <Part title="Resources" of={{ ...(isObject(aws) ? aws : {}), ...(service && { service }) }} />
    </>
  );
}

function overview(part: Json, whole: Json): Json {
  const flags = ['fault', 'error', 'throttle', 'in_progress'].filter((f) => part[f] === true);
  const { id, name, namespace, origin, user, start_time, end_time, resource_arn } = part;
  const { trace_id } = whole;
  return {
    id,
    trace_id,
    name,
    type: part === whole ? 'segment' : 'subsegment',
    namespace,
    origin,
    user,
    start_time,
    end_time,
    resource_arn,
    status: flags.length > 0 ? flags.join(', ') : 'ok',
    ...(part.traced === true && { traced: 'waits for a segment downstream' }),
  };
}

function Part({ title, of, menu = false }: { title: string; of: unknown; menu?: boolean }): React.ReactElement | null {
  const list = flat(of).filter(([, v]) => v !== undefined);
  if (list.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      {menu ? (
        <Fields fields={Object.fromEntries(list)} names={list.map(([n]) => n)} />
      ) : (
        <dl className="fields plain">
          {list.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd className="mono">{String(value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

function Sql({ sql }: { sql: unknown }): React.ReactElement | null {
  if (!isObject(sql)) return null;
  const query = typeof sql.sanitized_query === 'string' ? sql.sanitized_query : '';
  const rest = Object.fromEntries(Object.entries(sql).filter(([k]) => k !== 'sanitized_query'));
  return (
    <section>
      <h3>SQL</h3>
      {query && (
        <>
          <pre className="sql">{layOut(query)}</pre>
          <CopyButton className="btn small" label="Copy SQL" text={() => query} />
        </>
      )}
      <Part title="" of={rest} />
    </section>
  );
}

/** The chain of exceptions, what was raised first on top. */
function Exceptions({ part }: { part: Json }): React.ReactElement | null {
  const { chain, directory, elsewhere } = exceptionsOf(part);
  if (elsewhere) return <p className="muted">The exception is told where it was raised, as {elsewhere}.</p>;
  if (chain.length === 0) return null;
  return (
    <section>
      <h3>Exceptions</h3>
      {directory && <p className="muted">in {directory}</p>}
      {chain.map((e, i) => (
        <div key={i} className="thrown">
          <p>
            <b className="error-text">{e.type}</b>
            {e.message && `: ${e.message}`}
            {e.remote && <span className="muted"> (of the service that was called)</span>}
          </p>
          {e.stack.length > 0 && <pre>{e.stack.join('\n')}</pre>}
          {e.skipped > 0 && <p className="muted">{e.skipped} exceptions were skipped by the sender.</p>}
        </div>
      ))}
    </section>
  );
}
