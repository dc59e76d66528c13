import './item.css';
import './traceback.css';
import './occurrence.css';
import './split.css';

import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import { get } from '../../../api/client';
import type { ItemBundle, OccurrencePage, People } from '../../../api/errors';
import { useLoad } from '../../../api/useLoad';
import { useKeys } from '../../../app/keys';
import { go, linkTo, useAddress } from '../../../app/location';
import { Tabs } from '../../../widgets/Tabs';
import { undoLast } from '../../../widgets/Toasts';
import type { ActionKeys } from '../ActionBar';
import { apply, effect, type Change } from '../changes';
import { ConfirmDialog } from '../ConfirmDialog';
import { beside, listAddress } from '../list/neighbours';
import { TeamDialog } from '../TeamDialog';
import { ActivityTab } from './ActivityTab';
import { Breakdown } from './Breakdown';
import { GroupingTab } from './GroupingTab';
import { Head } from './Head';
import { Latest } from './Latest';
import { Occurrences } from './Occurrences';
import { PeopleTab } from './PeopleTab';
import { RelatedTab } from './RelatedTab';
import { addressOf, decode, tabs, type ItemState, type Tab } from './url';
import { VersionsTab } from './VersionsTab';

/** One item with all that is known about it. */
export default function Item({ path }: { path: string }): React.ReactElement {
  const url = useAddress();
  const { id, state } = useMemo(() => decode(path, url.searchParams), [path, url.search]); // eslint-disable-line react-hooks/exhaustive-deps
  const [turn, setTurn] = useState(0);
  const refresh = useCallback(() => setTurn((n) => n + 1), []);
  const [deleting, setDeleting] = useState(false);
  const [naming, setNaming] = useState(false);
  const keys = useRef<ActionKeys>(null);
  const loaded = useLoad(`item ${id} ${turn}`, (signal) => get<ItemBundle>(`errors/items/${id}`, {}, signal));
  const occurrence = useLoad(`occurrence ${id} ${state.which} ${loaded.data?.item.last_id ?? ''}`, (signal) =>
    loaded.data ? get<OccurrencePage>(`errors/items/${id}/occurrence`, { which: state.which }, signal) : Promise.resolve(undefined),
  );
  const people = useLoad(`team ${turn}`, (signal) => get<People>('errors/team', {}, signal));
  const [hasty, setHasty] = useState<Partial<ItemBundle['item']>>({});
  useEffect(() => setHasty({}), [loaded.data]);
  const bundle = useMemo(
    () => loaded.data && (Object.keys(hasty).length > 0 ? { ...loaded.data, item: { ...loaded.data.item, ...hasty } } : loaded.data),
    [loaded.data, hasty],
  );
  const item = bundle?.item;
  const page = occurrence.data;
  useEffect(() => {
    document.title = item ? `#${item.counter} ${item.title.slice(0, 80)} · Oriel` : 'Error · Oriel';
  }, [item]);

  const set = (c: Partial<ItemState>): void => go(addressOf(id, { ...state, ...c }, url.searchParams));
  const change = async (c: Change): Promise<void> => {
    if (!item) return;
    const next = beside(id).after;
    setHasty(effect(c));
    const done = await apply({ ids: [id] }, c, { name: `#${item.counter}`, onDone: refresh });
    // Who works through a list goes on with the next.
    if (done && (c.status === 'resolved' || c.status === 'muted' || c.delete)) {
      if (next !== '') go(`/errors/${next}`);
      else if (c.delete) go(listAddress());
    }
  };
  const active = item?.status === 'active';
  const flip = (): void => void change({ status: active ? 'resolved' : 'active' });
  const step = (to: string | undefined): void => {
    if (to) set({ tab: 'occurrence', which: to });
  };
  const walk = (to: string): void => {
    if (to !== '') go(`/errors/${to}`);
  };
  useKeys('Item', {
    e: ['resolve, or reopen', flip],
    r: ['', flip],
    m: ['mute', () => keys.current?.mute()],
    a: ['assign', () => keys.current?.assign()],
    n: ['older occurrence', () => step(page?.older)],
    p: ['newer occurrence', () => step(page?.newer)],
    j: ['next item of the list', () => walk(beside(id).after)],
    k: ['previous item of the list', () => walk(beside(id).before)],
    b: ['what sets it apart', () => set({ tab: 'breakdown', bubble: !(state.tab === 'breakdown' && state.bubble) })],
    z: ['take back what was done last', () => void undoLast()],
    Backspace: ['back to the list', () => go(listAddress())],
    ...Object.fromEntries(
      tabs.map(([t, name], i): [string, [string, () => void]] => [String(i + 1), [name.toLowerCase(), () => set({ tab: t })]]),
    ),
  });
  if (loaded.error && !bundle) {
    return (
      <div className="ebody">
        <div className="empty">
          <h1>{loaded.error.status === 404 ? 'There is no such item' : 'The item can’t be shown'}</h1>
          <p>{loaded.error.message}</p>
          <a className="btn" {...linkTo(listAddress())}>
            To the items
          </a>
        </div>
      </div>
    );
  }
  return (
    <div className="ebody ipage" aria-busy={loaded.loading || occurrence.loading}>
      <div className={loaded.loading || occurrence.loading ? 'progress on' : 'progress'} />
      {bundle && (
        <>
          <Head
            bundle={bundle}
            occurrence={page?.occurrence}
            team={people.data?.people ?? []}
            keys={keys}
            onChange={(c) => void change(c)}
            onDelete={() => setDeleting(true)}
            onTeam={() => setNaming(true)}
          />
          <Tabs label="About the item" panel="item-panel" tabs={tabs} chosen={state.tab} onChoose={(t) => set({ tab: t as Tab })} />
          <div id="item-panel" className="ibody" role="tabpanel" aria-labelledby={`tab-${state.tab}`} tabIndex={-1}>
            {state.tab === 'occurrence' &&
              (page ? (
                <Latest page={page} item={id} state={state} set={set} />
              ) : (
                occurrence.error && (
                  <div className="empty">
                    <h2>{occurrence.error.status === 404 ? 'The occurrence is not there' : 'The occurrence can’t be shown'}</h2>
                    <p>{occurrence.error.message}</p>
                    {state.which !== 'latest' && (
                      <button type="button" className="btn" onClick={() => set({ which: 'latest' })}>
                        To the newest
                      </button>
                    )}
                  </div>
                )
              ))}
            {state.tab === 'occurrences' && <Occurrences bundle={bundle} state={state} set={set} />}
            {state.tab === 'breakdown' && <Breakdown bundle={bundle} service={page?.occurrence.service ?? ''} state={state} set={set} />}
            {state.tab === 'people' && <PeopleTab bundle={bundle} />}
            {state.tab === 'versions' && <VersionsTab bundle={bundle} />}
            {state.tab === 'related' && <RelatedTab bundle={bundle} />}
            {state.tab === 'activity' && <ActivityTab bundle={bundle} onChanged={refresh} />}
            {state.tab === 'grouping' && <GroupingTab bundle={bundle} onChanged={refresh} />}
          </div>
        </>
      )}
      {deleting && item && (
        <ConfirmDialog
          title={`Delete #${item.counter}?`}
          yes="Delete"
          onClose={() => setDeleting(false)}
          onYes={() => {
            setDeleting(false);
            void change({ delete: true });
          }}
        >
          <p>
            It goes with all that was written about it. Occurrences stay in the dataset until they are as old as it keeps; a new occurrence
            begins a new item. There is no way back.
          </p>
        </ConfirmDialog>
      )}
      {naming && <TeamDialog onClose={() => setNaming(false)} onDone={(p) => (setNaming(false), void change({ assignee: p.id }))} />}
    </div>
  );
}
