import './home.css';

import { useCallback, useEffect, useRef, useState } from 'react';

import { get } from '../../api/client';
import type { Home } from '../../api/home';
import type { Start } from '../../api/types';
import { useLoad } from '../../api/useLoad';
import { useKeys } from '../../app/keys';
import { go, linkTo, setParams, useAddress } from '../../app/location';
import { usePrefs } from '../../app/prefs';
import { servicePage } from '../../query/links';
import { clock, day, momentMs } from '../../time/format';
import { Failed } from '../../widgets/Failed';
import { Refresh } from '../../widgets/Refresh';
import { TimePicker } from '../../widgets/TimePicker';
import type { ListHandle } from '../../widgets/VirtualList';
import { AttentionList } from './AttentionList';
import { Rail } from './Rail';
import { arrange, decode, encode, hold, type HomeState } from './rows';
import { ServiceTable } from './ServiceTable';

const set = (c: Partial<HomeState>, replace = false): void => setParams(encode(c), replace);

const usualRefresh = 10;

/** Is anything wrong, and where: what needs attention, all services, what is new. */
export default function HomePage({ start }: { start: Start | undefined }): React.ReactElement {
  const url = useAddress();
  const env = url.searchParams.get('env') ?? '';
  const state = decode(url.searchParams);
  const range = { from: state.from, to: state.to };
  const { utc } = usePrefs();
  const [turn, setTurn] = useState(0);
  const [every, setEvery] = useState(usualRefresh);
  const [loadedAt, setLoadedAt] = useState(0);
  const refresh = useCallback(() => setTurn((n) => n + 1), []);
  const { data, error, loading } = useLoad(`home ${env} ${state.from} ${state.to} ${state.compare} ${turn}`, (signal) =>
    get<Home>('home', { ...range, compare: state.compare }, signal),
  );
  useEffect(() => setLoadedAt(Date.now()), [data]);
  useEffect(() => {
    document.title = 'Home · Oriel';
  }, []);
  const [focused, setFocused] = useState('');
  const [read, setRead] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<ListHandle>(null);
  const order = useRef<{ look: string; names: string[] }>({ look: '', names: [] });
  const look = `${state.q} ${state.sort} ${state.up}`;
  let rows = arrange(data?.services ?? [], state.q, state.sort, state.up);
  if (read && order.current.look === look) rows = hold(rows, order.current.names);
  order.current = { look, names: rows.map((r) => r.name) };

  const at = rows.findIndex((r) => r.name === focused);
  const move = (to: number): void => {
    const i = Math.min(Math.max(to, 0), rows.length - 1);
    if (!rows[i]) return;
    setFocused(rows[i].name);
    list.current?.reveal(i);
  };
  const open = (): void => {
    if (rows[at]) go(servicePage(rows[at].name, range));
  };
  useKeys('Home', {
    '/': ['find a service', () => field.current?.focus()],
    j: ['next service', () => move(at + 1)],
    k: ['previous service', () => move(at - 1)],
    ArrowDown: ['', () => move(at + 1)],
    ArrowUp: ['', () => move(at - 1)],
    Home: ['', () => move(0)],
    End: ['', () => move(rows.length - 1)],
    Enter: ['open the service', open],
    o: ['open it in a new tab', () => rows[at] && window.open(`.${servicePage(rows[at].name, range)}`, '_blank', 'noopener')],
    r: ['look again', refresh],
    l: ['look again every 10 s', () => setEvery((n) => (n > 0 ? 0 : usualRefresh))],
    c: ['compare with yesterday, last week, nothing', () => set({ compare: { '': 'day', day: 'week', week: '' }[state.compare] as '' })],
  });
  return (
    <div className="page home" aria-busy={loading}>
      <div className={loading && !data ? 'progress on' : 'progress'} />
      <div className="row home-head">
        <h1>{data ? headline(data) : 'Home'}</h1>
        <span className="grow" />
        <label className="row">
          <span className="muted">Compare with</span>
          <select
            className="input"
            aria-label="Compare with"
            value={state.compare}
            onChange={(e) => set({ compare: e.target.value as HomeState['compare'] })}
          >
            <option value="">nothing</option>
            <option value="day">yesterday</option>
            <option value="week">last week</option>
          </select>
        </label>
        <TimePicker range={range} onChange={(r) => set({ from: r.from, to: r.to })} />
        <Refresh every={every} onEvery={setEvery} loadedAt={loadedAt} onRefresh={refresh} />
      </div>
      {error && <Failed error={error} onAgain={refresh} />}
      {data ? (
        <div className="home-body">
          <div className="home-main">
            <AttentionList home={data} range={range} utc={utc} />
            {data.services.length === 0 ? (
              <NoServices start={start} utc={utc} />
            ) : (
              <ServiceTable
                rows={rows}
                home={data}
                state={state}
                set={set}
                range={range}
                focused={focused}
                onFocus={setFocused}
                onRead={setRead}
                handle={list}
                field={field}
                utc={utc}
              />
            )}
          </div>
          <Rail home={data} utc={utc} now={loadedAt} />
        </div>
      ) : (
        !error && (
          <div className="home-body home-wait" aria-hidden="true">
            <div className="home-main">
              <div className="panel" />
              <div className="panel" />
            </div>
            <div className="panel" />
          </div>
        )
      )}
    </div>
  );
}

/** The answer in a few words. */
function headline(home: Home): string {
  const needy = home.attention.filter((a) => a.service !== '').length;
  const all = home.services.length;
  if (needy === 0) return home.attention.length > 0 ? 'Look at what needs attention' : all > 0 ? 'All is well' : 'Home';
  if (all <= 1) return 'The service needs attention';
  return `${needy} of ${all} services ${needy === 1 ? 'needs' : 'need'} attention`;
}

/** No request in the range: where there were some, or how to send them. */
function NoServices({ start, utc }: { start: Start | undefined; utc: boolean }): React.ReactElement {
  const last = start?.last_event ? momentMs(start.last_event) : 0;
  const around = { from: String(last - 3_600_000) + '000000', to: String(last + 60_000) + '000000' };
  return (
    <section className="panel home-none" aria-label="Services">
      <h2>No service was asked for anything in this range</h2>
      {last > 0 && (
        <p>
          The last event of this environment is of {day(last, utc)} {clock(last, utc)}.{' '}
          <button type="button" className="link accent" onClick={() => set(around)}>
            Go there
          </button>
        </p>
      )}
      <p>
        Services are known by their spans. <a {...linkTo('/setup')}>Set up</a> one, or look at the <a {...linkTo('/logs')}>log lines</a> and{' '}
        <a {...linkTo('/errors')}>errors</a> that are here.
      </p>
    </section>
  );
}
