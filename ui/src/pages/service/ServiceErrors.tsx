import { lineError, stream } from '../../api/client';
import { useLoad } from '../../api/useLoad';
import { linkTo } from '../../app/location';
import { count } from '../../time/format';
import { resolve } from '../../time/range';

interface Props {
  service: string;
  env: string;
  range: { from: string; to: string };
  turn: number;
}

type Line =
  | { type: 'plan' | 'progress' }
  | { type: 'done'; result: { rows: [string | null, string | null, number][] | null } }
  | { type: 'error'; error: { message?: string } };

const mostErrors = 20;

/** The errors that the service reported in the range, the most frequent first. */
export function ServiceErrors({ service, env, range, turn }: Props): React.ReactElement {
  const { data, error } = useLoad(`errors of ${env} ${service} ${range.from} ${range.to} ${turn}`, async (signal) => {
    const [from, to] = resolve(range, Date.now());
    const query = {
      start_time: Math.floor(from / 1000),
      end_time: Math.ceil(to / 1000),
      calculations: [{ op: 'COUNT' }],
      filters: [
        { column: 'error.fingerprint', op: 'exists' },
        { column: 'service.name', op: '=', value: service },
      ],
      breakdowns: ['error.title', 'error.level'],
      orders: [{ op: 'COUNT', order: 'descending' }],
      limit: mostErrors,
    };
    let rows: [string | null, string | null, number][] = [];
    await stream<Line>(
      'query',
      { dataset: '__all__', query, series: false, quiet: true },
      (line) => {
        if (line.type === 'error') throw lineError(line.error);
        if (line.type === 'done') rows = line.result.rows ?? [];
      },
      signal,
    );
    return rows;
  });
  return (
    <section className="panel" aria-label="Reported errors">
      <table>
        <thead>
          <tr>
            <th>Errors</th>
            <th>Level</th>
            <th className="num">Times</th>
          </tr>
        </thead>
        <tbody>
          {(data ?? []).map(([title, level, n]) => (
            <tr key={`${title} ${level}`}>
              <td className="end">
                <a
                  className="clip"
                  {...linkTo(`/errors?${new URLSearchParams({ tab: 'all', q: title ?? '' }).toString()}`)}
                  title={title ?? ''}
                >
                  {title ?? '(no title)'}
                </a>
              </td>
              <td className="muted">{level}</td>
              <td className="num">{count(n)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {error && <p className="muted none">{error.message}</p>}
      {data?.length === 0 && <p className="muted none">None in this range.</p>}
    </section>
  );
}
