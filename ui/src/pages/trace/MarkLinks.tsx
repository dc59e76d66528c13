import type { SpanDetail } from '../../api/types';
import { linkTo } from '../../app/location';
import { around } from '../../time/range';

type Mark = SpanDetail['events'][number];

/** Where an event of a trace is seen whole: an occurrence with its error, a log line among those around it. */
export function MarkLinks({ event: e }: { event: Mark }): React.ReactElement | null {
  const fingerprint = e.fields['error.fingerprint'];
  const isLine = e.fields['body'] !== undefined;
  if (typeof fingerprint !== 'string' && !isLine) return null;
  return (
    <p className="mark-links">
      {typeof fingerprint === 'string' && <a {...linkTo(errorAt(fingerprint, e))}>Open the error: all its occurrences</a>}
      {isLine && <a {...linkTo(linesAround(e))}>Open the line in Logs</a>}
    </p>
  );
}

function errorAt(fingerprint: string, e: Mark): string {
  return `/errors/find?${new URLSearchParams({ fingerprint, in: String(e.fields['error.environment'] ?? '') }).toString()}`;
}

/** The lines of its stream, or else its service, a minute before and after it. */
function linesAround(e: Mark): string {
  const p = new URLSearchParams({ ...around(e.time, 60_000) });
  const field = ['log.stream', 'log.group', 'service.name'].find((name) => typeof e.fields[name] === 'string');
  if (field) p.append('where', `${field} = ${JSON.stringify(e.fields[field])}`);
  return `/logs?${p.toString()}`;
}
