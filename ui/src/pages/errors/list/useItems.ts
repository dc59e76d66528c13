import { useEffect, useRef, useState } from 'react';

import { ApiError, asApiError, get } from '../../../api/client';
import type { ErrorItem, ItemList } from '../../../api/errors';
import { useLoad } from '../../../api/useLoad';
import type { ListChange } from '../../../widgets/VirtualList';
import { filterOf, type ListState } from './url';

const pageSize = 100;

export interface Listing {
  first: ItemList | undefined;
  items: readonly ErrorItem[];
  change: ListChange;
  loading: boolean;
  error: ApiError | undefined;
  retryIn: number | undefined;
  more: () => void;
  /** Changes items where they are, before the server has said so. */
  patch: (ids: ReadonlySet<string>, change: Partial<ErrorItem> | undefined) => void;
}

interface Held {
  key: string;
  items: readonly ErrorItem[];
  next: string;
  change: ListChange;
}

/** The items that pass the filters, page after page as they are scrolled to. */
export function useItems(state: ListState, me: number, key: string): Listing {
  const params = { ...filterOf(state, me), sort: state.sort, order: state.order, span: state.span, limit: String(pageSize) };
  const first = useLoad(key, (signal) => get<ItemList>('errors/items', params, signal));
  const [held, setHeld] = useState<Held>({ key: '', items: [], next: '', change: { version: 0, before: 0, after: 0, fresh: true } });
  const [failed, setFailed] = useState<ApiError>();
  const fetching = useRef<AbortController>(undefined);
  useEffect(() => {
    fetching.current?.abort();
    fetching.current = undefined;
    setFailed(undefined);
    const { data } = first;
    if (!data) return;
    setHeld((h) => ({
      key,
      items: data.items,
      next: data.next,
      change: { version: h.change.version + 1, before: 0, after: 0, fresh: true },
    }));
    // The key may change before the answer to it comes.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [first.data]);
  useEffect(() => () => fetching.current?.abort(), []);
  const more = (): void => {
    if (fetching.current || held.next === '' || failed) return;
    const abort = new AbortController();
    fetching.current = abort;
    get<ItemList>('errors/items', { ...params, cursor: held.next, facets: '0' }, abort.signal)
      .then(
        (page) =>
          setHeld((h) => {
            const known = new Set(h.items.map((i) => i.id));
            const fresh = page.items.filter((i) => !known.has(i.id));
            return {
              ...h,
              items: [...h.items, ...fresh],
              next: page.next,
              change: { version: h.change.version + 1, before: 0, after: fresh.length, fresh: false },
            };
          }),
        (e: unknown) => !abort.signal.aborted && setFailed(asApiError(e)),
      )
      .finally(() => {
        if (fetching.current === abort) fetching.current = undefined;
      });
  };
  const patch = (ids: ReadonlySet<string>, change: Partial<ErrorItem> | undefined): void =>
    setHeld((h) => {
      const items = change ? h.items.map((i) => (ids.has(i.id) ? { ...i, ...change } : i)) : h.items.filter((i) => !ids.has(i.id));
      return {
        ...h,
        items,
        change: { version: h.change.version + 1, before: 0, after: items.length - h.items.length, fresh: change === undefined },
      };
    });
  return {
    first: first.data,
    items: held.items,
    change: held.change,
    loading: first.loading,
    error: first.error ?? failed,
    retryIn: first.retryIn,
    more,
    patch,
  };
}
