// What was asked before, kept in the browser.
const key = 'oriel.rql.history';
const most = 50;

export function past(): string[] {
  try {
    const list = JSON.parse(localStorage.getItem(key) ?? '[]') as unknown;
    return Array.isArray(list) ? list.filter((q): q is string => typeof q === 'string') : [];
  } catch {
    return [];
  }
}

export function note(query: string): void {
  localStorage.setItem(key, JSON.stringify([query, ...past().filter((q) => q !== query)].slice(0, most)));
}
