// The address bar as state: every view is a link.
import { useSyncExternalStore } from 'react';

import { at, pageOf } from './root';

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    removeEventListener('popstate', listener);
  };
}

/** Keeps the environment from page to page. */
function withEnvironment(to: string): string {
  const env = new URLSearchParams(location.search).get('env');
  if (!env || /[?&]env=/.test(to)) return to;
  return `${to}${to.includes('?') ? '&' : '?'}env=${encodeURIComponent(env)}`;
}

/** Goes to an address of this UI; replace leaves no entry in the history. */
export function go(path: string, replace = false): void {
  const to = withEnvironment(path);
  if (at(to) === location.pathname + location.search) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', at(to));
  listeners.forEach((l) => l());
}

/** The current address, without the prefix that a proxy may add. */
export function useAddress(): URL {
  const href = useSyncExternalStore(subscribe, () => location.href);
  const url = new URL(href);
  url.pathname = pageOf(url.pathname);
  return url;
}

/** Changes some parameters of the current address; undefined removes one. */
export function setParams(changes: Record<string, string | string[] | undefined>, replace = false): void {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) {
    url.searchParams.delete(name);
    for (const v of Array.isArray(value) ? value : [value]) {
      if (v !== undefined && v !== '') url.searchParams.append(name, v);
    }
  }
  go(pageOf(url.pathname) + url.search, replace);
}

/** Props of a link that is followed without loading the page anew. */
export function linkTo(to: string): { href: string; onClick: (e: React.MouseEvent) => void } {
  return {
    href: at(withEnvironment(to)),
    onClick: (e) => {
      if (e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey) return;
      e.preventDefault();
      go(to);
    },
  };
}
