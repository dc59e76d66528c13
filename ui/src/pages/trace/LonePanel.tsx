import { post } from '../../api/client';
import type { SpanDetail } from '../../api/types';
import { useLoad } from '../../api/useLoad';
import { usePrefs } from '../../app/prefs';
import { mark, type TraceModel } from '../../charts/model';
import { clock, momentMs } from '../../time/format';
import { MarkLinks } from './MarkLinks';
import { Fields } from './SpanFields';

/** What the server calls the lines that carry the trace's id and no known span's. */
export const lone = -1;

/** A log line or error of the trace whose span is not known. */
export function LonePanel({ trace, line }: { trace: TraceModel; line: number }): React.ReactElement {
  const { utc } = usePrefs();
  const { span, name, time, kind } = trace.annotations;
  const detail = useLoad(`lone ${trace.id} ${span.length}`, (signal) =>
    post<{ spans: SpanDetail[] }>(`trace/${encodeURIComponent(trace.id)}/spans`, { indexes: [lone] }, signal),
  );
  const ordinal = span.slice(0, line).reduce((n, s, a) => n + (s < 0 && kind[a] !== mark.link ? 1 : 0), 0);
  const event = detail.data?.spans[0]?.events[ordinal];
  return (
    <aside className="span-panel" aria-label="Line">
      <header>
        <h2>{trace.strings[name[line]!] || '(empty)'}</h2>
        <p className="muted">{clock(momentMs(trace.base, time[line]!), utc, true)} · carries this trace’s id, but no span that is here</p>
      </header>
      <div className="span-body" role="region" aria-label="Fields" aria-busy={!event}>
        {detail.error && <p className="note bad">{detail.error.message}</p>}
        {event && <MarkLinks event={event} />}
        {event && <Fields fields={event.fields} names={Object.keys(event.fields).sort()} />}
      </div>
    </aside>
  );
}
