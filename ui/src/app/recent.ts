// Where somebody has been: the traces that were opened last, to find them again
// from the palette, and the list they were opened from, to go back to it.

export interface Recent {
  to: string;
  title: string;
}

const key = 'oriel.recent';
const most = 12;

export function recentTraces(): Recent[] {
  try {
    const list = JSON.parse(localStorage.getItem(key) ?? '[]') as unknown;
    return Array.isArray(list) ? (list as Recent[]).filter((r) => typeof r?.to === 'string' && typeof r.title === 'string') : [];
  } catch {
    return [];
  }
}

export function noteTrace(r: Recent): void {
  localStorage.setItem(key, JSON.stringify([r, ...recentTraces().filter((x) => x.to !== r.to)].slice(0, most)));
}

const listKey = 'oriel.list';

/** Notes the list as it is shown, filters and all. */
export function noteList(search: string): void {
  sessionStorage.setItem(listKey, `/traces${search}`);
}

export function lastList(): string {
  const to = sessionStorage.getItem(listKey) ?? '';
  return to.startsWith('/traces') ? to : '/traces';
}
