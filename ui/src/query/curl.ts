// A span of an HTTP request as the command that repeats it.
import type { FieldValue } from './copyAs';

type Fields = Readonly<Record<string, FieldValue>>;

const secretHeader = /^(?:authorization|proxy-authorization|cookie|set-cookie)$|token|secret|api-?key|password|session/i;
const secretParameter = /token|secret|key|password|passwd|signature|session|credential|^sig$|^code$/i;
const mask = '***';

function text(fields: Fields, ...names: string[]): string {
  for (const n of names) if (fields[n] !== undefined && fields[n] !== '') return String(fields[n]);
  return '';
}

/** The address of the request, by the new and the old conventions; empty if the span does not say. */
function address(f: Fields): string {
  const full = text(f, 'url.full', 'http.url');
  if (/^https?:\/\//i.test(full)) return full;
  const host = text(f, 'server.address', 'http.host', 'net.host.name', 'http.server_name', 'net.peer.name');
  const target = text(f, 'url.path', 'http.target', 'http.path');
  if (!host || !target.startsWith('/')) return '';
  const port = text(f, 'server.port', 'net.host.port', 'net.peer.port');
  const query = text(f, 'url.query').replace(/^\?/, '');
  const named = host.includes(':') || !port || port === '80' || port === '443' ? host : `${host}:${port}`;
  return `${text(f, 'url.scheme', 'http.scheme') || 'http'}://${named}${target}${query && !target.includes('?') ? `?${query}` : ''}`;
}

/** What a shell takes as one word. */
function quoted(s: string): string {
  return `'${s.replaceAll("'", "'\\''")}'`;
}

function maskedURL(raw: string): string {
  let url: URL;
  try {
    url = new URL(raw);
  } catch {
    return raw;
  }
  if (url.username || url.password) raw = raw.replace(/\/\/[^/@]*@/, `//${mask}@`);
  return raw.replace(/([?&])([^=&#]+)=([^&#]*)/g, (all, mark: string, name: string) =>
    secretParameter.test(name) ? `${mark}${name}=${mask}` : all,
  );
}

/** The curl command for a span; undefined if it is no HTTP request. Secrets are masked. */
export function asCurl(fields: Fields): string | undefined {
  const method = text(fields, 'http.request.method', 'http.method').toUpperCase();
  const url = address(fields);
  if (!/^[A-Z]+$/.test(method) || !url) return undefined;
  const lines = [`curl ${method === 'GET' ? '' : method === 'HEAD' ? '-I ' : `-X ${method} `}${quoted(maskedURL(url))}`];
  for (const name of Object.keys(fields).sort()) {
    const header = /^http\.request\.header\.([\w-]+)$/.exec(name)?.[1]?.replaceAll('_', '-');
    if (!header || /^(?:host|content-length)$/i.test(header)) continue;
    lines.push(`-H ${quoted(`${header}: ${secretHeader.test(header) ? mask : plain(fields[name]!)}`)}`);
  }
  const agent = text(fields, 'user_agent.original', 'http.user_agent');
  if (agent && !lines.some((l) => /^-H 'user-agent:/i.test(l))) lines.push(`-A ${quoted(agent)}`);
  return lines.join(' \\\n  ');
}

/** A header's value; instrumentations write lists, as JSON. */
function plain(v: FieldValue): string {
  const s = String(v);
  if (!s.startsWith('[')) return s;
  try {
    const list = JSON.parse(s) as unknown;
    return Array.isArray(list) ? list.join(', ') : s;
  } catch {
    return s;
  }
}
