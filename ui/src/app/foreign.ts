// Addresses of other tools that name something here: links in mails, chats and
// bookmarks made for Honeycomb go on working.
import { pageOf } from './root';

/** What a place in Honeycomb's address grammar is here, with its query; undefined for any other path. */
export function fromHoneycomb(pathname: string, search: URLSearchParams): string | undefined {
  const m = /^\/[^/]+(?:\/environments\/([^/]+))?(?:\/datasets\/([^/]+))?(\/.*)?$/.exec(pathname);
  if (!m || (!m[1] && !m[2])) return undefined;
  const [environment, dataset, rest] = [m[1] ?? '', m[2] ?? '', (m[3] ?? '').replace(/\/$/, '')];
  const out = new URLSearchParams();
  let path: string | undefined;
  const id = search.get('trace_id') ?? /^\/result\/[^/]+\/trace\/([\w-]+)$/.exec(rest)?.[1];
  if (/^(?:\/result\/[^/]+)?\/trace(?:\/[\w-]+)?$/.test(rest) && id) {
    path = `/trace/${encodeURIComponent(id)}`;
    const span = search.get('span');
    if (span) out.set('span', span);
  } else if (rest === '' && dataset) {
    path = `/query/${encodeURIComponent(safely(dataset))}`;
    const query = search.get('query');
    if (query) out.set('query', query);
  } else if (rest === '') {
    path = '/traces';
  }
  if (!path) return undefined;
  if (environment) out.set('env', safely(environment));
  const text = out.toString();
  return text ? `${path}?${text}` : path;
}

/** Where a pasted link of this UI or of Honeycomb leads here; undefined if it is none. */
export function linkIn(text: string): string | undefined {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return undefined;
  }
  if (!/^https?:$/.test(url.protocol)) return undefined;
  const theirs = fromHoneycomb(url.pathname, url.searchParams);
  if (theirs) return theirs;
  return url.origin === globalThis.location?.origin ? pageOf(url.pathname) + url.search : undefined;
}

function safely(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The id in a text: itself, or the one in a link of Oriel, Honeycomb or the X-Ray console. */
export function idIn(text: string): string {
  const t = text.trim();
  const inLink = /(?:trace_id=|traces?\/)([\w-]{8,})/.exec(t);
  return inLink && /[/?]/.test(t) ? inLink[1]! : t;
}

/** Whether a text may be an id of a trace or a span: hex in some notation, or base64 as some loggers print. */
export function looksLikeId(text: string): boolean {
  const t = idIn(text);
  return (
    /^(?:1-[0-9a-f]{8}-[0-9a-f]{24}|[0-9a-f]{15,32}|[0-9a-f]{8}-[0-9a-f-]{27})$/i.test(t) ||
    /^[A-Za-z0-9+/]{11}=$|^[A-Za-z0-9+/]{22}==$/.test(t)
  );
}

/** An id as the server knows it: base64 becomes hex, a UUID loses its dashes. */
export function normalId(text: string): string {
  const t = idIn(text);
  if (/=$/.test(t)) return [...atob(t)].map((c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  return /^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(t) ? t.replaceAll('-', '') : t;
}
