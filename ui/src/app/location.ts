// The address bar as state: every view is a link.
import { useSyncExternalStore } from 'react';

import { expanded, longest, shortened } from './longAddress';
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

/** The address as pages read it, whatever stands in the bar for it. */
export function here(): URL {
  return expanded(new URL(location.href));
}

/** The link to an address: short enough to be sent, if need be by what the server keeps of it. */
export async function shareable(url: URL): Promise<string> {
  try {
    const search = await shortened(url);
    if (search === undefined) return url.href;
    const out = new URL(url);
    out.search = search;
    return out.href;
  } catch {
    return url.href; // a long link is better than none
  }
}

/** Puts a short address in place of a long one, unless somebody has gone on meanwhile. */
async function shorten(): Promise<void> {
  const long = location.href;
  const short = await shareable(new URL(long));
  if (location.href === long && short !== long) history.replaceState(null, '', short);
}

/** Says that what an id in the address stands for is known now. */
export function known(): void {
  listeners.forEach((l) => l());
}

/** Keeps the environment from page to page. */
function withEnvironment(to: string): string {
  const env = here().searchParams.get('env');
  if (!env || /[?&]env=/.test(to)) return to;
  return `${to}${to.includes('?') ? '&' : '?'}env=${encodeURIComponent(env)}`;
}

/** Goes to an address of this UI; replace leaves no entry in the history. */
export function go(path: string, replace = false): void {
  const to = withEnvironment(path);
  const now = here();
  if (at(to) === now.pathname + now.search) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', at(to));
  listeners.forEach((l) => l());
  if (location.href.length > longest) void shorten();
}

/** The current address, without the prefix that a proxy may add. */
export function useAddress(): URL {
  const href = useSyncExternalStore(subscribe, () => here().href);
  const url = new URL(href);
  url.pathname = pageOf(url.pathname);
  return url;
}

/** Changes some parameters of the current address; undefined removes one. */
export function setParams(changes: Record<string, string | string[] | undefined>, replace = false): void {
  const url = here();
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
