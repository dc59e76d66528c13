// Where this UI lives: behind a proxy it may be under a path prefix, which the
// server doesn't know. It names the scripts relative to the page, so their own
// address tells.

/** The path before a page's own, without a slash at its end, from the address of a script. */
export function prefixOf(script: string): string {
  return script.replace(/\/assets\/[^/]*$/, '');
}

const prefix = import.meta.env.PROD ? prefixOf(new URL(import.meta.url).pathname) : '';

/** Adds the prefix to a path of this UI or of its server. */
export function at(path: string): string {
  return prefix + path;
}

/** Takes the prefix off an address's path, and a slash that may end it. */
export function pageOf(pathname: string): string {
  const path = pathname.startsWith(`${prefix}/`) || pathname === prefix ? pathname.slice(prefix.length) : pathname;
  return path.length > 1 ? path.replace(/\/$/, '') : path || '/';
}
