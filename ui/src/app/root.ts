// Where this UI lives: behind a proxy it may be under a path prefix, which the
// server doesn't know. Pages have fixed names, so the prefix is what precedes them.

/** The path before a page's own, without a slash at its end; empty if there is none. */
export function prefixOf(pathname: string): string {
  return pathname.replace(/\/(?:traces|setup|trace\/[^/]*)?\/?$/, '');
}

const prefix = typeof location === 'undefined' ? '' : prefixOf(location.pathname);

/** Adds the prefix to a path of this UI or of its server. */
export function at(path: string): string {
  return prefix + path;
}

/** Takes the prefix off an address's path. */
export function pageOf(pathname: string): string {
  return pathname.startsWith(prefix) ? pathname.slice(prefix.length) || '/' : pathname;
}
