// What somebody looked for and at last, kept in the browser.

const filterKey = 'oriel.logs.filters';
const groupKey = 'oriel.logs.groups';
const most = 30;

function read(key: string): string[] {
  try {
    const list = JSON.parse(localStorage.getItem(key) ?? '[]') as unknown;
    return Array.isArray(list) ? list.filter((x): x is string => typeof x === 'string') : [];
  } catch {
    return [];
  }
}

function note(key: string, text: string): void {
  if (text.trim() === '') return;
  localStorage.setItem(key, JSON.stringify([text, ...read(key).filter((x) => x !== text)].slice(0, most)));
}

export const recentFilters = (): string[] => read(filterKey);
export const noteFilter = (text: string): void => note(filterKey, text);
export const recentGroups = (): string[] => read(groupKey);
export const noteGroup = (slug: string): void => note(groupKey, slug);
