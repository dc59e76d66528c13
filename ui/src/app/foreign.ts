// Addresses of other tools that name something here: links in mails, chats and
// bookmarks made for Honeycomb go on working.
import { pageOf } from './root';

/** What a place in Honeycomb's address grammar is here, with its query; undefined for any other path. */
export function fromHoneycomb(pathname: string, search: URLSearchParams): string | undefined {
  const m = /^\/[^/]+(?:\/environments\/([^/]+))?(?:\/datasets\/([^/]+))?(\/.*)?$/.exec(pathname);
  const [environment, dataset, rest] = [m?.[1] ?? '', m?.[2] ?? '', (m?.[3] ?? '').replace(/\/$/, '')];
  const result = /^\/result\/([A-Za-z0-9]+)$/.exec(rest)?.[1];
  if (!environment && !dataset && !result) return undefined; // a result of a classic team has neither
  const out = new URLSearchParams();
  let path: string | undefined;
  const id = search.get('trace_id') ?? /^\/result\/[^/]+\/trace\/([\w-]+)$/.exec(rest)?.[1];
  if (/^(?:\/result\/[^/]+)?\/trace(?:\/[\w-]+)?$/.test(rest) && id) {
    path = `/trace/${encodeURIComponent(id)}`;
    const span = search.get('span');
    if (span) out.set('span', span);
  } else if (result) {
    path = `/r/${result}`;
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

/** A place without an environment that is none here: theirs may have another name, then ours is as good. */
export function inOurs(to: string, environments: readonly { slug: string }[]): string {
  const here = new URL(to, 'http://here');
  if (!environments.some((e) => e.slug === here.searchParams.get('env'))) here.searchParams.delete('env');
  return here.pathname + here.search;
}

/** Where a pasted link of this UI, of Honeycomb, or of CloudWatch's console leads here; undefined if it is none. */
export function linkIn(text: string): string | undefined {
  const url = urlIn(text);
  if (!url) return undefined;
  return fromHoneycomb(url.pathname, url.searchParams) ?? fromCloudWatch(url) ?? ours(url);
}

function urlIn(text: string): URL | undefined {
  try {
    const url = new URL(text.trim());
    return /^https?:$/.test(url.protocol) ? url : undefined;
  } catch {
    return undefined;
  }
}

function ours(url: URL): string | undefined {
  return url.origin === globalThis.location?.origin ? pageOf(url.pathname) + url.search : undefined;
}

/** A place in the console of CloudWatch Logs: a group, a stream of it, or a query of Insights. */
function fromCloudWatch(url: URL): string | undefined {
  if (!/^#logsV2:/.test(url.hash)) return undefined;
  // The console escapes twice, with $ in place of %.
  const place = safely(safely(url.hash.slice(1).replaceAll('$25', '%25').replaceAll('$', '%')));
  const group = /^logsV2:log-groups\/log-group\/(.+?)(?:\/log-events(?:\/([^?]*))?)?(?:\?.*)?$/.exec(place);
  if (group) {
    const out = new URLSearchParams();
    out.append('where', `log.group = ${JSON.stringify(safely(group[1]!))}`);
    if (group[2]) out.append('where', `log.stream = ${JSON.stringify(safely(group[2]))}`);
    return `/logs?${out.toString()}`;
  }
  const query = /editorString~'([^~)]*)/.exec(place);
  if (!query) return /^logsV2:log-groups/.test(place) ? '/logs/groups' : undefined;
  const text = query[1]!.replace(/\*([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return `/logs/insights?${new URLSearchParams({ query: text }).toString()}`;
}

/** What a link of Rollbar's pages names: an item as #number, or an occurrence by its id or uuid. */
export function fromRollbar(text: string): string | undefined {
  const url = urlIn(text);
  if (!url || !/(?:^|\.)rollbar\.com$/.test(url.hostname)) return undefined;
  const uuid = url.searchParams.get('uuid');
  if (uuid) return uuid;
  const occurrence = /\/occurrences?\/(\d+)/.exec(url.pathname);
  if (occurrence) return occurrence[1];
  const item = /\/items?\/(?:[\w.-]+\/)?(\d+)\/?$/.exec(url.pathname);
  return item ? `#${item[1]}` : undefined;
}

function safely(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/**
 * The id in a text: itself, or the one in a link of Oriel, Honeycomb, Rollbar or the X-Ray console, in a header that carries a
 * trace on (traceparent, X-Amzn-Trace-Id), or in what a log line says of its trace.
 */
export function idIn(text: string): string {
  const t = text.trim();
  const carried =
    /\b00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/i.exec(t) ?? /(?:^|[\s=:])(1-[0-9a-f]{8}-[0-9a-f]{24})(?:$|[;@\s])/i.exec(t);
  if (carried) return carried[1]!;
  const inLink = /(?:trace_id=|traces?\/)([\w-]{8,})/.exec(t);
  return inLink && /[/?]/.test(t) ? inLink[1]! : (fromRollbar(t) ?? t);
}

/**
 * Whether a text may be an id that the server can find: of a trace or a span in any notation, of a log event (56 digits, a
 * pointer, or our own position), of a request, or of a person.
 */
export function looksLikeId(text: string): boolean {
  const t = idIn(text);
  return (
    /^(?:1-[0-9a-f]{8}-[0-9a-f]{24}|[0-9a-f]{15,32}|[0-9a-f]{8}-[0-9a-f-]{27}|\d{56})$/i.test(t) ||
    /^[A-Za-z0-9+/]{11}=$|^[A-Za-z0-9+/]{22}==$/.test(t) ||
    /^\d{1,19}\.-?\d{1,19}\.[0-9a-f]{1,16}\.\d{1,10}$/.test(t) ||
    /^[\w-]{60,600}={0,2}$/.test(t)
  );
}

/** Whether a text may be of a person or a request, though it is no id by its look: one word. */
export function mayBeId(text: string): boolean {
  const t = idIn(text);
  return looksLikeId(t) || /^[\w.@+:-]{3,128}$/.test(t);
}

/** An id as the server knows it: base64 becomes hex, a UUID of a trace loses its dashes there. */
export function normalId(text: string): string {
  const t = idIn(text);
  if (/^[A-Za-z0-9+/]{11}=$|^[A-Za-z0-9+/]{22}==$/.test(t)) {
    return [...atob(t)].map((c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  }
  return t;
}
