// What a person chose: kept in the browser, so that the first paint is right.
import { useSyncExternalStore } from 'react';

export interface Prefs {
  theme: 'system' | 'dark' | 'light';
  utc: boolean;
  /** Fields shown first, whatever the span. */
  pinned: string[];
  /** The span panel is shown. */
  panel: boolean;
  /** Logs: the fields beside the lines are shown. */
  logFields: boolean;
  /** The pages at the left have room for their names beside. */
  wideNav: boolean;
  /** Errors: the person that "mine" means, 0 for nobody. */
  me: number;
  /** Errors: tracebacks begin with the oldest call, as in Python. */
  oldestFirst: boolean;
}

const key = 'oriel.prefs';
let prefs: Prefs = {
  theme: 'system',
  utc: false,
  pinned: [],
  panel: true,
  logFields: true,
  wideNav: false,
  me: 0,
  oldestFirst: false,
  ...read(),
};
const listeners = new Set<() => void>();

function read(): Partial<Prefs> {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Prefs>;
    if (!Array.isArray(kept.pinned)) delete kept.pinned;
    if (!Number.isSafeInteger(kept.me)) delete kept.me;
    return kept;
  } catch {
    return {};
  }
}

export function setPrefs(change: Partial<Prefs>): void {
  prefs = { ...prefs, ...change };
  localStorage.setItem(key, JSON.stringify(prefs));
  applyTheme();
  listeners.forEach((l) => l());
}

export function getPrefs(): Prefs {
  return prefs;
}

export function usePrefs(): Prefs {
  return useSyncExternalStore(
    (l) => {
      listeners.add(l);
      return () => listeners.delete(l);
    },
    () => prefs,
  );
}

const light = matchMedia('(prefers-color-scheme: light)');
light.addEventListener('change', applyTheme);

export function applyTheme(): void {
  const theme = prefs.theme === 'system' ? (light.matches ? 'light' : 'dark') : prefs.theme;
  document.documentElement.dataset.theme = theme;
}

/** The offset of the shown times from UTC, as it is now. */
export function offset(utc: boolean): string {
  const minutes = utc ? 0 : -new Date().getTimezoneOffset();
  const pad = (n: number): string => String(n).padStart(2, '0');
  return minutes === 0 ? 'UTC' : `UTC${minutes < 0 ? '−' : '+'}${pad(Math.floor(Math.abs(minutes) / 60))}:${pad(Math.abs(minutes) % 60)}`;
}
