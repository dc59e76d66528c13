// Queries that were run in this browser, newest first.

export interface Past {
  query: string;
  groups: string[];
  /** ms since 1970. */
  at: number;
}

const key = 'oriel.insights.history';
const most = 200;

export function past(): Past[] {
  try {
    const list = JSON.parse(localStorage.getItem(key) ?? '[]') as unknown;
    return Array.isArray(list) ? (list as Past[]).filter((p) => typeof p?.query === 'string' && Array.isArray(p.groups)) : [];
  } catch {
    return [];
  }
}

export function note(p: Past): void {
  localStorage.setItem(key, JSON.stringify([p, ...past().filter((x) => x.query !== p.query)].slice(0, most)));
}
