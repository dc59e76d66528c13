import { post } from '../../../api/client';
import type { Occurrence } from '../../../api/errors';
import { useLoad } from '../../../api/useLoad';
import { linkTo } from '../../../app/location';
import { usePrefs } from '../../../app/prefs';
import { quote } from '../../../query/lex';
import { clock, momentMs } from '../../../time/format';

interface Answer {
  base: string;
  columns: string[];
  rows: (string | number | boolean | null)[][];
  times: number[];
  ids?: string[];
}

const before = 30n;
const after = 5n;
const second = 1_000_000_000n;
const most = 60;

/** The condition that finds the lines of an occurrence: of its trace, else of its service; '' if it says neither. */
function nearby(o: Occurrence): string {
  if (o.trace_id !== '') return `trace.trace_id = ${quote(o.trace_id)}`;
  return o.service !== '' ? `service.name = ${quote(o.service)}` : '';
}

/** What was printed in the half minute before and the seconds after. */
export function LogsAround({ occurrence }: { occurrence: Occurrence }): React.ReactElement | null {
  const { utc } = usePrefs();
  const near = nearby(occurrence);
  const at = BigInt(occurrence.at || '0');
  const [from, to] = [at - before * second, at + after * second];
  const { data, error } = useLoad(`lines ${occurrence.id} ${near}`, (signal) =>
    near === '' || at === 0n
      ? Promise.resolve(undefined)
      : post<Answer>(
          'events',
          {
            dataset: '__all__',
            text: `WHERE meta.signal_type = "log" AND ${near} FROM ${Number(from / second)} TO ${Number(to / second) + 1}`,
            columns: ['severity', 'service.name', 'body'],
            order: 'asc',
            limit: most,
          },
          signal,
        ),
  );
  if (near === '') return null;
  const search = new URLSearchParams({ from: String(from), to: String(to), where: near });
  const lines = (data?.rows ?? []).map((cells, i) => ({
    key: data?.ids?.[i] ?? String(i),
    ms: momentMs(data!.base, data!.times[i]!),
    level: String(cells[data!.columns.indexOf('severity')] ?? ''),
    service: String(cells[data!.columns.indexOf('service.name')] ?? ''),
    text: String(cells[data!.columns.indexOf('body')] ?? ''),
  }));
  const atMs = momentMs(occurrence.at);
  return (
    <section className="epart" aria-label="Log lines around it">
      <header>
        <h2>Log lines around it</h2>
        <span className="muted">{occurrence.trace_id !== '' ? 'of its trace' : `of ${occurrence.service}`}</span>
        <span className="grow" />
        <a className="btn small" {...linkTo(`/logs?${search.toString()}`)}>
          Open in Logs
        </a>
      </header>
      {error && <p className="muted">{error.message}</p>}
      {data && lines.length === 0 && <p className="muted">No line came from 30 s before it to 5 s after.</p>}
      {lines.length > 0 && (
        <ol className="elines">
          {lines.map((l) => (
            <li key={l.key} className={l.ms > atMs ? 'after' : ''} data-level={l.level}>
              <span className="muted">{clock(l.ms, utc, true)}</span>
              <span className="muted clip">{l.service}</span>
              <span className="text">{l.text.slice(0, 500)}</span>
            </li>
          ))}
        </ol>
      )}
      {lines.length === most && <p className="muted">Only the first {most} are shown.</p>}
    </section>
  );
}
