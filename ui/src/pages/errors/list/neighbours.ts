// The list somebody came from, so that an item knows the next one and the way back.
import type { ErrorItem } from '../../../api/errors';

const key = 'oriel.errors.list';
const most = 500;

interface Noted {
  search: string;
  ids: string[];
}

function read(): Noted {
  try {
    const n = JSON.parse(sessionStorage.getItem(key) ?? '{}') as Partial<Noted>;
    const ids = Array.isArray(n.ids) ? n.ids.filter((x): x is string => typeof x === 'string') : [];
    return { search: typeof n.search === 'string' ? n.search : '', ids };
  } catch {
    return { search: '', ids: [] };
  }
}

/** Notes what the list shows. */
export function noteItems(search: string, items: readonly ErrorItem[]): void {
  if (items.length > 0) sessionStorage.setItem(key, JSON.stringify({ search, ids: items.slice(0, most).map((i) => i.id) }));
}

/** The address of the list as it was. */
export function listAddress(): string {
  const { search } = read();
  return search.startsWith('?') ? `/errors${search}` : '/errors';
}

/** The items before and after one in the list it was opened from; '' for none. */
export function beside(id: string): { before: string; after: string } {
  const { ids } = read();
  const i = ids.indexOf(id);
  return i < 0 ? { before: '', after: '' } : { before: ids[i - 1] ?? '', after: ids[i + 1] ?? '' };
}
