import './patterns.css';

import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import { setParams, useAddress } from '../../../app/location';
import { count } from '../../../time/format';
import { Failed } from '../../../widgets/Failed';
import { TimePicker } from '../../../widgets/TimePicker';
import { useGroups, useLook } from '../data';
import { Conditions } from '../parts/Conditions';
import { FilterBar } from '../parts/FilterBar';
import { GroupPicker } from '../parts/GroupPicker';
import { Levels } from '../parts/Levels';
import { decode, encode, type LogsState } from '../url';
import { PatternNames, PatternRow } from './PatternRow';
import { holds, ordered, orders, type Order } from './patterns';
import { usePatterns } from './usePatterns';

const orderNames: Readonly<Record<Order, string>> = {
  change: 'New or risen',
  count: 'Most frequent',
  first: 'Youngest',
};

const ask = (c: Partial<LogsState>): void => setParams(encode(c));

/** What lines have in common: templates with their counts, against the period before. */
export default function Patterns(): React.ReactElement {
  const url = useAddress();
  const env = url.searchParams.get('env') ?? '';
  const state = decode(url.searchParams);
  const [turn, setTurn] = useState(0);
  const look = useLook(state, env, turn);
  const groups = useGroups(env, 0);
  const found = usePatterns(look);
  const [find, setFind] = useState('');
  const [open, setOpen] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const order = orders.find((o) => o === url.searchParams.get('sort')) ?? 'change';
  useEffect(() => {
    document.title = 'Log patterns · Oriel';
  }, []);
  const list = useMemo(
    () =>
      ordered(
        (found.data?.patterns ?? []).filter((p) => holds(p, find)),
        order,
      ),
    [found.data, find, order],
  );
  const most = useMemo(() => list.reduce((n, p) => Math.max(n, p.share), 0), [list]);
  const flip = useCallback((id: string) => setOpen((o) => (o === id ? '' : id)), []);
  const { data } = found;
  return (
    <div className="lbody" aria-busy={found.running}>
      <h1 className="sr">Log patterns</h1>
      <div className="ltop">
        <div className="ltools">
          <GroupPicker groups={groups} chosen={state.groups} onChoose={(g) => ask({ groups: g })} />
          <FilterBar
            field={field}
            q={state.q}
            error={undefined}
            known={[]}
            onRun={(q) => (q === state.q ? setTurn((n) => n + 1) : ask({ q }))}
          />
          <TimePicker range={state} onChange={(r) => ask(r)} />
        </div>
        <div className="lchips">
          <Levels counts={undefined} chosen={state.levels} onChoose={(levels) => ask({ levels })} />
          <Conditions where={state.where} onChange={(where) => ask({ where })} />
        </div>
        <div className="pt-head">
          <input
            className="input small"
            aria-label="Find a pattern"
            placeholder="find in patterns and values"
            value={find}
            onChange={(e) => setFind(e.target.value)}
            onKeyDown={(e) => e.key === 'Escape' && (setFind(''), e.stopPropagation())}
          />
          <div className="views" role="group" aria-label="Order">
            {orders.map((o) => (
              <button
                key={o}
                type="button"
                className="btn small"
                aria-pressed={order === o}
                onClick={() => setParams({ sort: o === 'change' ? undefined : o })}
              >
                {orderNames[o]}
              </button>
            ))}
          </div>
          <span className="muted grow clip" role="status">
            {data &&
              `${count(list.length)}${list.length < data.found ? ` of ${count(data.found)}` : ''} ${data.found === 1 ? 'pattern' : 'patterns'} in ${count(data.events)} lines, against ${count(data.before)} in the period before · ${Math.round(data.elapsedMs)}\u2009ms`}
          </span>
          {data && !data.complete && <span className="badge warn">part of the data could not be read</span>}
        </div>
        <div className="pt-progress" style={{ transform: `scaleX(${found.running ? Math.max(found.share, 0.02) : 0})` }} />
        {found.error && <Failed error={found.error} onAgain={() => setTurn((n) => n + 1)} />}
      </div>
      <div className={found.running && data ? 'pt-list stale' : 'pt-list'}>
        {!data && found.running && <p className="empty muted">Looking for what the lines have in common…</p>}
        {data && list.length === 0 && (
          <p className="empty muted">
            {find ? 'No pattern holds that.' : 'There are no lines here. Look at a longer time, or at more groups.'}
          </p>
        )}
        {list.length > 0 && <PatternNames />}
        {list.length > 0 && (
          <ul aria-label="Patterns">
            {list.map((p) => (
              <PatternRow key={p.id} p={p} base={data!.base} most={most} state={state} open={open === p.id} onOpen={flip} />
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}
