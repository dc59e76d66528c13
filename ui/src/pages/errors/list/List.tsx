import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import { get } from '../../../api/client';
import type { ErrorItem, People } from '../../../api/errors';
import type { Start } from '../../../api/types';
import { useLoad } from '../../../api/useLoad';
import { useKeys } from '../../../app/keys';
import { go, setParams, useAddress } from '../../../app/location';
import { usePrefs } from '../../../app/prefs';
import { count } from '../../../time/format';
import { Failed } from '../../../widgets/Failed';
import { Refresh } from '../../../widgets/Refresh';
import { undoLast } from '../../../widgets/Toasts';
import { VirtualList, type ListHandle } from '../../../widgets/VirtualList';
import { ActionBar, type ActionKeys } from '../ActionBar';
import { apply, effect, type Change, type Which } from '../changes';
import { ConfirmDialog } from '../ConfirmDialog';
import { TeamDialog } from '../TeamDialog';
import { Filters } from './Filters';
import { ItemRow } from './ItemRow';
import { Head } from './Head';
import { noteItems } from './neighbours';
import { Nothing } from './Nothing';
import { flip } from './picks';
import { TabBar } from './TabBar';
import { decode, encode, filterOf, type ListState } from './url';
import { useItems } from './useItems';

const rowHeight = 48;
const headHeight = 28;
/** Rows from the end at which more are asked for. */
const near = 40;

const set = (c: Partial<ListState>): void => setParams(encode(c));

/** Errors as items: what is broken, how often, for how many. */
export default function List({ start }: { start: Start | undefined }): React.ReactElement {
  const url = useAddress();
  const env = url.searchParams.get('env') ?? '';
  const state = useMemo(() => decode(url.searchParams), [url.search]); // eslint-disable-line react-hooks/exhaustive-deps
  const { utc, me } = usePrefs();
  const [turn, setTurn] = useState(0);
  const [every, setEvery] = useState(0);
  const [loadedAt, setLoadedAt] = useState(Date.now);
  const refresh = useCallback(() => setTurn((n) => n + 1), []);
  const filter = filterOf(state, me);
  const look = JSON.stringify([env, filter, state.sort, state.order, state.span]);
  const list = useItems(state, me, `items ${look} ${turn}`);
  const people = useLoad(`people ${env} ${turn}`, (signal) => get<People>('errors/team', {}, signal));
  const team = people.data?.people ?? [];
  const { items } = list;
  const [focused, setFocused] = useState('');
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [whole, setWhole] = useState(false);
  const [deleting, setDeleting] = useState<Which>();
  const [naming, setNaming] = useState(false);
  const from = useRef('');
  const box = useRef<ListHandle>(null);
  const field = useRef<HTMLInputElement>(null);
  const keys = useRef<ActionKeys>(null);
  useEffect(() => setLoadedAt(Date.now()), [list.first]);
  useEffect(() => {
    document.title = 'Errors · Oriel';
  }, []);
  // Another question begins at its top, with nothing picked.
  useEffect(() => {
    setPicked(new Set());
    setWhole(false);
    box.current?.end('first');
  }, [look]);
  useEffect(() => noteItems(url.search, items), [url.search, items]);

  const at = items.findIndex((i) => i.id === focused);
  const move = (to: number): void => {
    const i = Math.min(Math.max(to, 0), items.length - 1);
    if (!items[i]) return;
    setFocused(items[i].id);
    box.current?.reveal(i);
  };
  const pick = (id: string, range: boolean): void => {
    const next = flip(
      items.map((i) => i.id),
      picked,
      from.current,
      id,
      range,
    );
    from.current = next.from;
    setPicked(next.picked);
    setWhole(false);
  };
  const targets: ErrorItem[] = picked.size > 0 ? items.filter((i) => picked.has(i.id)) : at >= 0 ? [items[at]!] : [];
  const which = (): Which => (whole ? { filter } : { ids: targets.map((t) => t.id) });
  const change = (c: Change): void => {
    if (targets.length === 0) return;
    const ids = new Set(targets.map((t) => t.id));
    // What leaves this tab leaves the list at once; the row below takes the focus.
    const leaves = (c.status !== undefined && state.tab !== 'all') || c.delete || c.snooze;
    if (leaves) setFocused(items.slice(Math.max(at, 0)).find((i) => !ids.has(i.id))?.id ?? '');
    void apply(which(), c, { name: targets.length === 1 ? `#${targets[0]!.counter}` : undefined, onDone: refresh });
    if (!c.merge) list.patch(ids, leaves ? undefined : effect(c));
    setPicked(new Set());
    setWhole(false);
  };
  const active = targets.every((t) => t.status === 'active');
  const resolve = (): void => change({ status: active ? 'resolved' : 'active' });
  const open = (): void => {
    if (at >= 0) go(`/errors/${items[at]!.id}`);
  };
  useKeys('Errors', {
    '/': ['search', () => field.current?.focus()],
    j: ['next item', () => move(at + 1)],
    k: ['previous item', () => move(at - 1)],
    ArrowDown: ['', () => move(at + 1)],
    ArrowUp: ['', () => move(at - 1)],
    Home: ['', () => move(0)],
    End: ['', () => move(items.length - 1)],
    Enter: ['open the item', open],
    o: ['open it in a new tab', () => at >= 0 && window.open(`./errors/${items[at]!.id}`, '_blank', 'noopener')],
    x: ['select', () => at >= 0 && pick(items[at]!.id, false)],
    X: ['select all from the last selected', () => at >= 0 && pick(items[at]!.id, true)],
    'Ctrl+a': ['select all that are loaded', () => setPicked(new Set(items.map((i) => i.id)))],
    e: ['resolve, or reopen', resolve],
    r: ['', resolve],
    m: ['mute', () => targets.length > 0 && keys.current?.mute()],
    a: ['assign', () => targets.length > 0 && keys.current?.assign()],
    z: ['take back what was done last', () => void undoLast()],
    Escape: [
      'select nothing',
      () => {
        setPicked(new Set());
        setWhole(false);
      },
    ],
  });
  const total = list.first?.total ?? 0;
  const nothing = list.first && items.length === 0;
  const what = whole ? `all ${count(total)}` : targets.length === 1 ? `#${targets[0]!.counter}` : `${targets.length} items`;
  return (
    <div className="ebody" aria-busy={list.loading}>
      <h1 className="sr">Errors</h1>
      <div className={list.loading ? 'progress on' : 'progress'} />
      <div className="etop">
        <Filters
          state={state}
          set={set}
          field={field}
          facets={list.first?.facets}
          team={team}
          unknown={list.first?.unknown ?? []}
          tabs={<TabBar state={state} set={set} counts={list.first?.tabs} me={me} team={team} />}
        >
          <Refresh every={every} onEvery={setEvery} loadedAt={loadedAt} onRefresh={refresh} />
        </Filters>
      </div>
      {list.error && <Failed error={list.error} retryIn={list.retryIn} onAgain={refresh} className="enote" />}
      <div className={picked.size > 0 ? 'ebar on' : 'ebar'} role="status">
        {picked.size > 0 ? (
          <>
            <b>{whole ? `All ${count(total)} items selected` : `${count(picked.size)} selected`}</b>
            {!whole && picked.size === items.length && total > items.length && (
              <button type="button" className="link accent" onClick={() => setWhole(true)}>
                Select all {count(total)} that match
              </button>
            )}
          </>
        ) : (
          <span className="muted">
            {list.first ? `${count(total)} ${total === 1 ? 'item' : 'items'}` : 'Looking…'}
            {list.first && ` · ${Math.round(list.first.elapsed_ms)}\u2009ms`}
          </span>
        )}
        <span className="grow" />
        {targets.length > 0 && (
          <ActionBar
            what={what}
            many={targets.length > 1}
            active={active}
            people={team}
            keys={keys}
            onChange={change}
            onDelete={() => setDeleting(which())}
            onTeam={() => setNaming(true)}
          />
        )}
      </div>
      {nothing && !list.error ? (
        <Nothing state={state} start={start} any={list.first?.any ?? 0} tabs={list.first?.tabs} set={set} />
      ) : (
        <VirtualList
          handle={box}
          className="elist"
          count={items.length}
          change={list.change}
          rowHeight={rowHeight}
          measured={false}
          look={look}
          keyOf={(i) => items[i]!.id}
          onShown={(_, to) => to > items.length - near && list.more()}
          headerHeight={headHeight}
          header={
            <Head
              state={state}
              set={set}
              all={items.length > 0 && picked.size === items.length}
              onAll={() => setPicked(picked.size === items.length ? new Set() : new Set(items.map((i) => i.id)))}
            />
          }
          grid={{ role: 'grid', 'aria-label': 'Items', 'aria-rowcount': total, 'aria-multiselectable': true }}
          attributes={{
            tabIndex: 0,
            onClick: (e) => {
              const row = (e.target as HTMLElement).closest<HTMLElement>('.vrow');
              if (row) setFocused(items[Number(row.dataset.index)]?.id ?? '');
            },
          }}
          render={(i) => {
            const item = items[i]!;
            return (
              <ItemRow
                item={item}
                now={loadedAt}
                utc={utc}
                span={state.span}
                focused={item.id === focused}
                picked={picked.has(item.id)}
                onPick={(range) => pick(item.id, range)}
              />
            );
          }}
        />
      )}
      {deleting && (
        <ConfirmDialog
          title={`Delete ${what}?`}
          yes="Delete"
          onClose={() => setDeleting(undefined)}
          onYes={() => {
            setDeleting(undefined);
            change({ delete: true });
          }}
        >
          <p>
            The {targets.length === 1 && !whole ? 'item goes' : 'items go'} with all that was written about{' '}
            {targets.length === 1 && !whole ? 'it' : 'them'}. Occurrences stay in the dataset until they are as old as it keeps; a new
            occurrence begins a new item. There is no way back.
          </p>
        </ConfirmDialog>
      )}
      {naming && <TeamDialog onClose={() => setNaming(false)} onDone={(p) => (setNaming(false), change({ assignee: p.id }))} />}
    </div>
  );
}
