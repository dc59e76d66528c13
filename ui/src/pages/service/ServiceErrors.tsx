import { stream } from '../../api/client';
import { useLoad } from '../../api/useLoad';
import { linkTo } from '../../app/location';
import { count } from '../../time/format';
import { quote } from '../../query/lex';
import { resolve } from '../../time/range';

interface Props {
  service: string;
  env: string;
  range: { from: string; to: string };
  turn: number;
}

type Line = { type: 'plan' | 'progress' } | { type: 'done'; result: { rows: Row[] | null } };

const mostErrors = 20;
/** One error has as many titles as its messages have values in them. */
const mostTitles = 1000;

type Row = [fingerprint: string | null, title: string | null, level: string | null, times: number];

/** Rows of one error together, under its most frequent title. */
export function byFingerprint(rows: readonly Row[]): Row[] {
  const found = new Map<string | null, Row>();
  for (const [fingerprint, title, level, n] of rows) {
    const first = found.get(fingerprint);
    if (first) first[3] += n;
    else found.set(fingerprint, [fingerprint, title, level, n]);
  }
  return [...found.values()].sort((a, b) => b[3] - a[3]);
}

/** The errors that the service reported in the range, the most frequent first. */
export function ServiceErrors({ service, env, range, turn }: Props): React.ReactElement {
  const { data, error } = useLoad(`errors of ${env} ${service} ${range.from} ${range.to} ${turn}`, async (signal) => {
    const [from, to] = resolve(range, Date.now());
    const is = quote(service);
    // A report of Rollbar's SDKs says in its custom data whose it is.
    const of = `(service.name = ${is} OR custom.service = ${is} OR custom.service.name = ${is})`;
    const text =
      `VISUALIZE COUNT WHERE error.fingerprint exists AND ${of} GROUP BY error.fingerprint, error.title, error.level ` +
      `ORDER BY COUNT DESC LIMIT ${mostTitles} FROM ${Math.floor(from / 1000)} TO ${Math.ceil(to / 1000)}`;
    const { result } = await stream<Line>('query', { dataset: '__all__', text, series: false, quiet: true }, () => undefined, signal);
    return byFingerprint(result.rows ?? []).slice(0, mostErrors);
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
          {(data ?? []).map(([fingerprint, title, level, n]) => (
            <tr key={fingerprint}>
              <td className="end">
                <a
                  className="clip"
                  {...linkTo(`/errors/find?${new URLSearchParams({ fingerprint: fingerprint ?? '' }).toString()}`)}
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
