import { post } from '../../../api/client';
import { useLoad } from '../../../api/useLoad';
import { linkTo } from '../../../app/location';
import { usePrefs } from '../../../app/prefs';
import { CellMenu, type ValueActions } from '../../../query/bubble/CellMenu';
import { cellText, type Cell } from '../../../query/cell';
import { clock, day, momentMs } from '../../../time/format';
import { CopyButton } from '../../../widgets/CopyButton';
import type { EventsPage } from '../lines';
import { addressOf } from '../url';
import { shownColumns, type Answer } from './answer';

interface Props {
  answer: Answer;
  row: number;
  actions: ValueActions;
  onStep: (by: number) => void;
  onClose: () => void;
}

interface Whole {
  id: string;
  fields: Map<string, Cell>;
}

/** The cursor right before a row, so that what follows begins with it. */
export function before([time, arrival]: readonly string[]): string {
  const max = `ffffffffffffffff.4294967295`;
  return arrival ? `${time}.${BigInt(arrival) - 1n}.${max}` : `${BigInt(time!) - 1n}.9223372036854775807.${max}`;
}

/** The event that a row of raw events is of, with all its fields. */
async function load([time, arrival, dataset]: readonly [string, string, string], signal: AbortSignal): Promise<Whole | undefined> {
  const second = BigInt(time) / 1_000_000_000n;
  const page = await post<EventsPage & { ids?: string[] }>(
    'events',
    { dataset, text: `VISUALIZE COUNT FROM ${second} TO ${second + 1n}`, order: 'asc', limit: 1, cursor: before([time, arrival]) },
    signal,
  );
  const row = page.rows[0];
  if (!row) return undefined;
  return {
    id: page.ids?.[0] ?? '',
    fields: new Map(page.columns.map((c, k) => [c, row[k] ?? null] as const).filter(([, v]) => v !== null)),
  };
}

/** A row beside the table: its columns, and all fields of its event. */
export function RowPanel({ answer, row, actions, onStep, onClose }: Props): React.ReactElement {
  const { utc } = usePrefs();
  const pointer = answer.pointers[row];
  const { data, error } = useLoad(`row ${pointer?.join(' ') ?? ''}`, async (signal) =>
    pointer?.[0] ? { of: pointer, whole: await load(pointer, signal) } : undefined,
  );
  const whole = data?.of === pointer ? data?.whole : undefined;
  const cells = shownColumns(answer.columns).map(({ column, at }) => [column.name, answer.rows[row]?.[at] ?? null] as const);
  const trace = cellText(whole?.fields.get('trace.trace_id') ?? '');
  const span = cellText(whole?.fields.get('trace.span_id') ?? whole?.fields.get('trace.parent_id') ?? '');
  const ms = pointer?.[0] ? momentMs(pointer[0]) : undefined;
  const line =
    whole?.id && whole.fields.has('body')
      ? addressOf('logs', { from: answer.start, to: answer.end, groups: pointer?.[2] ? [pointer[2]] : [], line: whole.id })
      : '';
  return (
    <aside className="lpanel" aria-label="Row">
      <header>
        <div className="row">
          <h2 className="grow clip">{ms === undefined ? `Row ${row + 1}` : `${day(ms, utc)} ${clock(ms, utc, true)}`}</h2>
          <button type="button" className="btn small bare" onClick={() => onStep(-1)} title="Row above (k)" aria-label="Row above">
            ↑
          </button>
          <button type="button" className="btn small bare" onClick={() => onStep(1)} title="Row below (j)" aria-label="Row below">
            ↓
          </button>
          <CopyButton
            className="btn small bare"
            label="Copy JSON"
            text={() => JSON.stringify(whole ? Object.fromEntries(whole.fields) : Object.fromEntries(cells), null, 2)}
          />
          <button type="button" className="btn small bare" onClick={onClose} title="Close (Esc)">
            Close
          </button>
        </div>
        {(line || trace) && (
          <p className="row">
            {line && (
              <a className="btn small" {...linkTo(line)}>
                Its line in Logs
              </a>
            )}
            {trace && (
              <a className="btn small" {...linkTo(`/trace/${encodeURIComponent(trace)}${span ? `?span=${encodeURIComponent(span)}` : ''}`)}>
                Its trace
              </a>
            )}
          </p>
        )}
      </header>
      <div className="lpanel-body">
        {error && <p className="note bad">{error.message}</p>}
        <dl className="iq-fields">
          {cells.map(([name, v], i) => (
            <div key={`${i} ${name}`}>
              <dt title={name}>{name}</dt>
              <dd className={v === null ? 'muted' : undefined}>{v ?? '(none)'}</dd>
            </div>
          ))}
        </dl>
        {whole && (
          <>
            <h3 className="iq-sub">All fields of the event</h3>
            <dl className="iq-fields">
              {[...whole.fields]
                .sort(([a], [b]) => a.localeCompare(b))
                .map(([name, v]) => (
                  <div key={name}>
                    <dt title={name}>{name}</dt>
                    <dd>
                      <CellMenu field={name} value={v} actions={actions} />
                    </dd>
                  </div>
                ))}
            </dl>
          </>
        )}
      </div>
    </aside>
  );
}
