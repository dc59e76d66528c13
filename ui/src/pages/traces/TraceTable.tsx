import type { ListedTrace } from '../../api/types';
import { linkTo } from '../../app/location';
import { usePrefs } from '../../app/prefs';
import { clock, count, day, momentMs } from '../../time/format';
import { Middle } from '../../widgets/Middle';
import { Ms } from './Groups';
import { barScale } from './list';
import type { TracesState } from './url';

interface Props {
  traces: ListedTrace[];
  base: string;
  sort: TracesState['sort'];
  order: TracesState['order'];
  focused: number;
  onSort: (s: TracesState['sort']) => void;
}

/** The traces: bars to scale with the longest, cut by the services' shares. */
export function TraceTable({ traces, base, sort, order, focused, onSort }: Props): React.ReactElement {
  const { utc } = usePrefs();
  const longest = barScale(traces.map((t) => t.duration));
  const head = (key: TracesState['sort'], name: string, num: boolean): React.ReactElement => (
    <th className={num ? 'num' : ''} aria-sort={sort === key ? (order === 'asc' ? 'ascending' : 'descending') : 'none'}>
      <button type="button" onClick={() => onSort(key)}>
        {name}
        {sort === key ? (order === 'asc' ? ' ↑' : ' ↓') : ''}
      </button>
    </th>
  );
  return (
    <table className="traces">
      <thead>
        <tr>
          {head('start', 'Started', false)}
          <th>Root</th>
          {head('duration', 'Took', true)}
          <th className="barcol">
            <span className="sr">Share of services</span>
          </th>
          {head('spans', 'Spans', true)}
          {head('errors', 'Errors', true)}
          <th className="num">Services</th>
        </tr>
      </thead>
      <tbody>
        {traces.map((t, i) => (
          <tr key={t.trace_id} data-focused={i === focused || undefined}>
            <td title={day(momentMs(base, t.start), utc)}>{clock(momentMs(base, t.start), utc, true)}</td>
            <td className="op">
              <div>
                <a title={`${t.root.service} ${t.root.name}`} {...linkTo(`/trace/${encodeURIComponent(t.trace_id)}`)}>
                  <span
                    className="bar-mark"
                    style={{ background: `var(--s${t.services?.find((s) => s.name === t.root.service)?.slot ?? 12})` }}
                  />
                  <span className="of">
                    <Middle text={t.root.service} />
                  </span>{' '}
                  <span className="clip">{t.root.name || (t.root.missing ? '(root missing)' : '(no name)')}</span>
                </a>
                {t.root.http_status >= 400 && <span className="badge">{t.root.http_status}</span>}
                {t.root.missing && <span className="badge warn">root missing</span>}
              </div>
            </td>
            <td className="num">
              <Ms ms={t.duration / 1e6} />
            </td>
            <td className="barcol">
              <div
                className={t.duration > longest ? 'bar cut' : 'bar'}
                style={{ width: `${Math.min(Math.max((100 * t.duration) / longest, 0.5), 100)}%` }}
                title={(t.services ?? []).map((s) => `${s.name} ${(s.share * 100).toFixed(0)} %`).join(', ')}
              >
                {(t.services ?? []).map((s) => (
                  <span key={s.name} style={{ flexGrow: s.share || 0.0001, background: `var(--s${s.slot || 12})` }} />
                ))}
              </div>
            </td>
            <td className="num">{count(t.spans)}</td>
            <td className={t.errors > 0 ? 'num error-text' : 'num muted'}>{t.errors}</td>
            <td className="num">{t.services?.length ?? 0}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
