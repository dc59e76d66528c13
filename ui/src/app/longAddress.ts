// Addresses that are too long for a link: the server keeps their parameters, and
// `s=<id>` stands for them. Pages see the parameters, never the id.
import { get, post } from '../api/client';

/** What mail and chat programs still take as a link. */
export const longest = 1800;

/** The parameters of ids seen so far in this tab. */
const known = new Map<string, string>();

/** Splits off what stays readable: the environment, in which the id is kept. */
export function split(search: string): { env: string; params: string } {
  const p = new URLSearchParams(search);
  const env = p.get('env') ?? '';
  p.delete('env');
  return { env, params: p.toString() };
}

function joined(env: string, params: string): string {
  return `?${[env && `env=${encodeURIComponent(env)}`, params].filter(Boolean).join('&')}`;
}

/** The address with its parameters in place of their id, where they are known. */
export function expanded(url: URL): URL {
  const params = known.get(url.searchParams.get('s') ?? '');
  if (params === undefined) return url;
  const out = new URL(url);
  out.search = joined(split(url.search).env, params);
  return out;
}

/** Asks the server for what an id stands for. */
export async function learn(id: string, signal: AbortSignal): Promise<string> {
  const { params } = await get<{ params: string }>(`addresses/${encodeURIComponent(id)}`, {}, signal);
  known.set(id, params);
  return params;
}

/** The search part that stands for a long one; undefined where it is short enough. */
export async function shortened(url: URL): Promise<string | undefined> {
  if (url.href.length <= longest) return undefined;
  const { env, params } = split(url.search);
  const { id } = await post<{ id: string }>('addresses', { params });
  known.set(id, params);
  return joined(env, `s=${id}`);
}
