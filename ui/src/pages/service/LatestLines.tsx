import { post } from '../../api/client';
import { useLoad } from '../../api/useLoad';
import { linkTo } from '../../app/location';
import { usePrefs } from '../../app/prefs';
import { quote } from '../../query/lex';
import { messageOf } from '../../query/messageFirst';
import { clock, momentMs } from '../../time/format';
import { resolve } from '../../time/range';

interface Props {
  service: string;
  env: string;
  range: { from: string; to: string };
  turn: number;
}

interface Page {
  base: string;
  columns: string[];
  rows: (string | number | boolean | null)[][];
  times: number[];
  ids?: string[];
}

const mostLines = 12;
const longest = 300;
const bad = /^(?:error|fatal|critical|panic|emerg|alert)/i;

/** The condition on lines of a service: they name it, or the log group is named after it ("/aws/lambda/thumbs"). */
export function linesOf(service: string): string {
  return `service.name = ${quote(service)} OR log.group ends-with ${quote(`/${service}`)} OR log.group = ${quote(service)}`;
}

/** The latest log lines of the service, the newest first; each leads to its place among the others. */
export function LatestLines({ service, env, range, turn }: Props): React.ReactElement {
  const { utc } = usePrefs();
  const { data, error } = useLoad(`lines of ${env} ${service} ${range.from} ${range.to} ${turn}`, (signal) => {
    const [from, to] = resolve(range, Date.now());
    const text = `VISUALIZE COUNT WHERE meta.signal_type = "log" AND (${linesOf(service)}) FROM ${Math.floor(from / 1000)} TO ${Math.ceil(to / 1000)}`;
    return post<Page>('events', { dataset: '__all__', text, columns: ['body', 'severity'], order: 'desc', limit: mostLines }, signal);
  });
  const logs = (line?: string): string =>
    `/logs?${new URLSearchParams({ ...range, where: linesOf(service), ...(line ? { line } : {}) }).toString()}`;
  return (
    <section className="panel" aria-label="Latest log lines">
      <table>
        <thead>
          <tr>
            <th>Time</th>
            <th>Level</th>
            <th>Latest log lines</th>
          </tr>
        </thead>
        <tbody>
          {(data?.rows ?? []).map((row, i) => {
            const body = String(row[data!.columns.indexOf('body')] ?? '(no message)');
            const level = String(row[data!.columns.indexOf('severity')] ?? '');
            return (
              <tr key={data!.ids?.[i] ?? i}>
                <td className="muted">{clock(momentMs(data!.base, data!.times[i]), utc)}</td>
                <td className={bad.test(level) ? 'error-text' : 'muted'}>{level}</td>
                <td className="end whole">
                  <a className="clip mono" title={body.slice(0, longest)} {...linkTo(logs(data!.ids?.[i]))}>
                    {messageOf(body).slice(0, longest)}
                  </a>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {error && <p className="muted none">{error.message}</p>}
      {data?.rows.length === 0 && <p className="muted none">None in this range.</p>}
    </section>
  );
}
