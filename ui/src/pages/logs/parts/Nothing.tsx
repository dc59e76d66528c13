import type { Start } from '../../../api/types';
import { linkTo } from '../../../app/location';
import { ago, momentMs } from '../../../time/format';
import { examples } from '../complete';
import type { Dataset } from '../data';
import type { LogsState } from '../url';

interface Props {
  state: LogsState;
  start: Start | undefined;
  groups: Dataset[] | undefined;
  /** Fields that the filter names and no line has. */
  unknown: readonly string[];
  set: (c: Partial<LogsState>) => void;
}

const halfHour = 1_800_000_000_000n;
const second = 1_000_000_000n;

/** Why there is no line to see, and the way out of it. */
export function Nothing({ state, start, groups, unknown, set }: Props): React.ReactElement {
  if (groups && groups.length === 0) {
    return (
      <div className="empty lempty">
        <h2>No log line has been sent yet</h2>
        <p>An OpenTelemetry log exporter, or any AWS client pointed here by one variable, sends lines:</p>
        <pre>
          {`export AWS_ENDPOINT_URL_CLOUDWATCH_LOGS=${start?.endpoints.listen ? `http://${start.endpoints.listen}` : location.origin}\nexport OTEL_EXPORTER_OTLP_ENDPOINT=${start?.endpoints.listen ? `http://${start.endpoints.listen}` : location.origin}`}
        </pre>
        <a className="btn primary" {...linkTo('/setup')}>
          Set up a service
        </a>
      </div>
    );
  }
  const filters: [string, Partial<LogsState>][] = [
    ...(state.q ? [[`the filter ${state.q}`, { q: '' }] as [string, Partial<LogsState>]] : []),
    ...(state.levels.length > 0 ? [[`levels ${state.levels.join(', ')}`, { levels: [] }] as [string, Partial<LogsState>]] : []),
    ...state.where.map((w): [string, Partial<LogsState>] => [w, { where: state.where.filter((x) => x !== w) }]),
    ...(state.groups.length > 0
      ? [
          [state.groups.length === 1 ? `group ${state.groups[0]}` : `${state.groups.length} groups`, { groups: [] }] as [
            string,
            Partial<LogsState>,
          ],
        ]
      : []),
  ];
  const last = (groups ?? [])
    .filter((g) => state.groups.length === 0 || state.groups.includes(g.slug))
    .reduce((n, g) => (BigInt(g.last) > n ? BigInt(g.last) : n), 0n);
  const gone = state.groups.filter((g) => groups && !groups.some((x) => x.slug === g));
  return (
    <div className="empty lempty">
      <h2>{filters.length > 0 ? 'No line matches in this range' : 'No lines in this range'}</h2>
      {unknown.length > 0 && (
        <p>
          No line has the field <code>{unknown.join(', ')}</code>: perhaps it is spelt otherwise.
        </p>
      )}
      {gone.length > 0 && (
        <p>
          There is no group <code>{gone.join(', ')}</code> that holds lines.
        </p>
      )}
      {filters.length > 0 && (
        <p className="row wrap">
          {filters.map(([name, without]) => (
            <button key={name} type="button" className="btn small" onClick={() => set(without)}>
              <span className="clip">Remove {name}</span>
            </button>
          ))}
        </p>
      )}
      {last > 0n && (
        <p>
          The last line{state.groups.length > 0 ? ' of this choice of groups' : ''} came {ago(Date.now() - momentMs(String(last)))}.{' '}
          <button
            type="button"
            className="btn small"
            onClick={() => set({ from: String(last - halfHour), to: String(last + second), at: '' })}
          >
            Go there
          </button>
        </p>
      )}
      <p className="muted">
        The filter takes{' '}
        {examples.slice(0, 4).map(([text, what], i) => (
          <span key={text}>
            {i > 0 && ', '}
            <button type="button" className="link accent" onClick={() => set({ q: text })} title={what}>
              <code>{text}</code>
            </button>
          </span>
        ))}
        .
      </p>
    </div>
  );
}
