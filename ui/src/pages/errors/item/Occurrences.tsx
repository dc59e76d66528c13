import { useEffect, useMemo, useRef, useState } from 'react';

import { get, post, whyOf } from '../../../api/client';
import type { ItemBundle, ItemCounts } from '../../../api/errors';
import { useLoad } from '../../../api/useLoad';
import { linkTo } from '../../../app/location';
import { usePrefs } from '../../../app/prefs';
import type { Cell } from '../../../query/cell';
import { csvOf, save } from '../../../query/table';
import { clock, count, day, momentMs } from '../../../time/format';
import { Menu } from '../../../widgets/Menu';
import { ValueMenu } from '../../../widgets/ValueMenu';
import { shortVersion } from '../list/columns';
import { CountChart } from './CountChart';
import { addressOf, spans, type ItemState } from './url';

interface Props {
  bundle: ItemBundle;
  state: ItemState;
  set: (c: Partial<ItemState>) => void;
}

interface Page {
  base: string;
  columns: string[];
  rows: Cell[][];
  times: number[];
  ids: string[];
  next: string;
}

const usual = ['error.level', 'code_version', 'server.host', 'person.username', 'request.url', 'browser'];
const usualOfSpans = ['service.name', 'service.version', 'host.name', 'http.route', 'exception.message'];
const offered = [
  ...usual,
  ...usualOfSpans,
  'error.title',
  'context',
  'os',
  'person.id',
  'person.email',
  'request.method',
  'request.user_ip',
  'language',
  'notifier.version',
  'trace.trace_id',
  'uuid',
];
const idField = 'error.occurrence_id';
const pageSize = 100;
const mostCSV = 10_000;

/** The occurrences over time, and as a table with chosen columns. */
export function Occurrences({ bundle, state, set }: Props): React.ReactElement {
  const { utc } = usePrefs();
  const { item } = bundle;
  const counts = useLoad(`counts ${item.id} ${state.span}`, (signal) =>
    get<ItemCounts>(`errors/items/${item.id}/counts`, { span: state.span }, signal),
  );
  const cols = state.cols.length > 0 ? state.cols : item.framework === 'unknown' && item.people === 0 ? usualOfSpans : usual;
  const body = useMemo(() => askOf(bundle, state), [bundle, state.from, state.to]); // eslint-disable-line react-hooks/exhaustive-deps
  const key = JSON.stringify([body, cols]);
  const table = useTable(key, body, cols);
  const [exporting, setExporting] = useState('');
  const csv = async (): Promise<void> => {
    setExporting('Exporting…');
    try {
      const rows: Cell[][] = [];
      for (let cursor = ''; ;) {
        const p = await post<Page>('events', { ...body, columns: [idField, ...cols], limit: 1000, ...(cursor && { cursor }) });
        rows.push(...p.rows.map((r, i) => [new Date(momentMs(p.base, p.times[i]!)).toISOString(), ...r]));
        cursor = p.next;
        if (cursor === '' || rows.length >= mostCSV) break;
      }
      save(`item-${item.counter}.csv`, 'text/csv', csvOf({ columns: ['time', idField, ...cols], rows }));
      setExporting(rows.length >= mostCSV ? `The first ${count(mostCSV)} were exported` : '');
    } catch (e) {
      setExporting(whyOf(e));
    }
  };
  return (
    <div className="itab">
      <section className="epart" aria-label="Over time">
        <header>
          <h2>Over time</h2>
          <span className="grow" />
          {state.from !== '' && (
            <button type="button" className="btn small" onClick={() => set({ from: '', to: '' })}>
              All times
            </button>
          )}
          <span className="views" role="group" aria-label="Time shown">
            {spans.map((s) => (
              <button
                key={s}
                type="button"
                className="btn small"
                aria-pressed={state.span === s}
                onClick={() => set({ span: s, from: '', to: '' })}
              >
                {s}
              </button>
            ))}
          </span>
        </header>
        {counts.error && <p className="error-text">{counts.error.message}</p>}
        {counts.data && <CountChart data={counts.data} from={state.from} to={state.to} onPick={(from, to) => set({ from, to })} />}
      </section>
      <section className="epart" aria-label="Occurrences">
        <header>
          <h2>Occurrences</h2>
          <span className="muted">{state.from !== '' ? 'of the time picked above' : 'newest first'}</span>
          <span className="grow" />
          <span className="muted" role="status">
            {exporting}
          </span>
          <Menu
            className="btn small"
            label="Columns ▾"
            name="Columns"
            keepOpen
            items={() =>
              [...new Set([...offered, ...cols])].map((c) => ({
                label: c,
                checked: cols.includes(c),
                run: () => set({ cols: cols.includes(c) ? cols.filter((x) => x !== c) : [...cols, c] }),
              }))
            }
          />
          <button type="button" className="btn small" onClick={() => void csv()}>
            CSV
          </button>
        </header>
        {table.error && (
          <p className="note bad" role="alert">
            {table.error}
          </p>
        )}
        {/* It scrolls, so it must be reached by key. */}
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
        <div className="iscroll" tabIndex={0} role="region" aria-label="Occurrences as a table">
          <table>
            <thead>
              <tr>
                <th>Time</th>
                {cols.map((c) => (
                  <th key={c}>{c}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {table.rows.map((r) => (
                <tr key={r.id}>
                  <td>
                    <a
                      {...linkTo(
                        addressOf(item.id, { ...state, tab: 'occurrence', which: String(r.cells[0]), from: '', to: '', cols: [] }),
                      )}
                    >
                      {day(r.ms, utc)} {clock(r.ms, utc, true)}
                    </a>
                  </td>
                  {cols.map((c, k) => (
                    <td key={c} className="icell">
                      {value(c, r.cells[k + 1] ?? null)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {table.rows.length === 0 && !table.loading && <p className="muted">None is kept of this time.</p>}
        {table.more && (
          <button type="button" className="btn small" onClick={table.loadMore} disabled={table.loading}>
            Show more
          </button>
        )}
      </section>
    </div>
  );
}

function value(field: string, v: Cell): React.ReactElement {
  if (v === null || v === '') return <span className="muted">–</span>;
  return <ValueMenu field={field} value={v} text={/version$/.test(field) ? shortVersion(String(v)) : String(v).slice(0, 200)} />;
}

const second = 1_000_000_000n;

/** The question about the occurrences of an item, in a stretch of time if one is picked. */
function askOf(bundle: ItemBundle, state: ItemState): { dataset: string; text: string } {
  const from = state.from !== '' ? BigInt(state.from) : BigInt(bundle.item.first || '0') - 86_400n * second;
  const to = state.to !== '' ? BigInt(state.to) : BigInt(Date.now()) * 1_000_000n + 3_600n * second;
  return { dataset: '__all__', text: `WHERE ${bundle.where} FROM ${from / second} TO ${to / second + 1n}` };
}

interface Row {
  id: string;
  ms: number;
  cells: Cell[];
}

function useTable(
  key: string,
  body: { dataset: string; text: string },
  cols: string[],
): { rows: Row[]; more: boolean; loading: boolean; error: string; loadMore: () => void } {
  const [state, setState] = useState<{ rows: Row[]; next: string; loading: boolean; error: string }>({
    rows: [],
    next: '',
    loading: true,
    error: '',
  });
  const abort = useRef<AbortController>(undefined);
  const load = (cursor: string): void => {
    abort.current?.abort();
    const a = new AbortController();
    abort.current = a;
    setState((s) => ({ ...s, loading: true, error: '' }));
    post<Page>('events', { ...body, columns: [idField, ...cols], limit: pageSize, ...(cursor && { cursor }) }, a.signal).then(
      (p) => {
        const rows = p.rows.map((cells, i) => ({ id: p.ids[i]!, ms: momentMs(p.base, p.times[i]!), cells }));
        setState((s) => ({ rows: cursor ? [...s.rows, ...rows] : rows, next: p.next, loading: false, error: '' }));
      },
      (e: unknown) => {
        if (!a.signal.aborted) setState((s) => ({ ...s, loading: false, error: whyOf(e) }));
      },
    );
  };
  useEffect(() => {
    load('');
    return () => abort.current?.abort();
    // The key says all that the question depends on.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);
  return { rows: state.rows, more: state.next !== '', loading: state.loading, error: state.error, loadMore: () => load(state.next) };
}
