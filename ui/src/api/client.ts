// The only place that talks to the server.

import { at } from '../app/root';
import { noteAnswer, noteLost } from './connection';

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly kind: string,
    message: string,
    readonly position?: number,
    readonly requestId?: string,
    /** After how many seconds the server wants to be asked again. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

/** What went wrong with a request, whoever noticed: the server, or the browser that got no answer. */
export function asApiError(e: unknown): ApiError {
  return e instanceof ApiError ? e : new ApiError(0, 'unavailable', 'The server can’t be reached');
}

/** The same in words. */
export function whyOf(e: unknown): string {
  return asApiError(e).message;
}

async function read(response: Response): Promise<unknown> {
  if (response.ok) return response.status === 204 ? undefined : response.json();
  let body: { error?: string | { kind?: string; message?: string; position?: number; request_id?: string }; detail?: string } = {};
  try {
    body = (await response.json()) as typeof body;
  } catch {
    // A proxy in between may answer in its own words.
  }
  // Honeycomb's API says what is wrong in one text, and more of it in another.
  const e = typeof body.error === 'string' ? { message: body.detail ?? body.error } : (body.error ?? {});
  throw new ApiError(
    response.status,
    e.kind ?? 'internal',
    e.message ?? `the server answered ${response.status}`,
    e.position,
    e.request_id,
    Number(response.headers.get('Retry-After')) || undefined,
  );
}

/** Fetches, and notes whether the server can be reached. */
async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    const response = await fetch(url, init);
    noteAnswer();
    return response;
  } catch (e) {
    if (init.signal?.aborted) throw e;
    noteLost();
    throw asApiError(e);
  }
}

/** The environment that the address names; the server has a default. */
function environment(): string {
  return new URLSearchParams(location.search).get('env') ?? '';
}

function address(path: string, params: Record<string, string | string[] | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...params, env: environment() })) {
    for (const v of Array.isArray(value) ? value : [value]) {
      if (v !== undefined && v !== '') query.append(name, v);
    }
  }
  const text = query.toString();
  return at(`/api/${path}${text && '?' + text}`);
}

export async function get<T>(path: string, params: Record<string, string | string[] | undefined> = {}, signal?: AbortSignal): Promise<T> {
  return (await read(await reach(address(path, params), { signal }))) as T;
}

/** The same as it came, for who reads it elsewhere. */
export async function getBytes(path: string, params: Record<string, string | undefined>, signal?: AbortSignal): Promise<ArrayBuffer> {
  const response = await reach(address(path, params), { signal });
  if (!response.ok) await read(response);
  return response.arrayBuffer();
}

export async function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const response = await reach(address(path, {}), {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json' },
    signal,
  });
  return (await read(response)) as T;
}

/** Posts a file as it is. */
export async function postFile<T>(path: string, params: Record<string, string>, file: Blob): Promise<T> {
  return (await read(await reach(address(path, params), { method: 'POST', body: file }))) as T;
}

export async function remove<T = void>(path: string): Promise<T> {
  return (await read(await reach(address(path, {}), { method: 'DELETE' }))) as T;
}

/** Asks Honeycomb's API, which this server speaks too. */
export async function honeycomb<T>(path: string, body?: unknown, signal?: AbortSignal, method?: 'PUT' | 'DELETE'): Promise<T> {
  const init =
    body === undefined
      ? { method }
      : { method: method ?? 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
  const env = environment();
  return (await read(await reach(at(`/1/${path}${env && `?env=${encodeURIComponent(env)}`}`), { ...init, signal }))) as T;
}

/**
 * Posts and reads the answer line by line, each a JSON object. Returns the last
 * line, which says that it is done, and throws what a line says went wrong;
 * aborting stops the server's work too.
 */
export async function stream<T extends { type: string }>(
  path: string,
  body: unknown,
  onLine: (line: T) => void,
  signal?: AbortSignal,
): Promise<Extract<T, { type: 'done' }>> {
  const response = await reach(address(path, {}), {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json' },
    signal,
  });
  if (!response.ok) await read(response);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  let last: T | undefined;
  for (;;) {
    const { done, value } = await reader.read();
    const lines = (rest + (value ?? '')).split('\n');
    rest = done ? '' : lines.pop()!;
    for (const text of lines) {
      if (text === '') continue;
      const line = JSON.parse(text) as T | ErrorLine;
      if (isError(line)) throw new StreamError(line);
      last = line;
      onLine(line);
    }
    if (!done) continue;
    if (last?.type !== 'done') throw new ApiError(0, 'unavailable', 'the answer broke off before it was whole');
    return last as Extract<T, { type: 'done' }>;
  }
}

interface ErrorLine {
  type: 'error';
  error: { kind?: string; message?: string; position?: number; request_id?: string };
  range?: [number, number];
}

const isError = (line: unknown): line is ErrorLine => (line as { type?: string }).type === 'error';

/** An error that came in a line of a stream. */
export class StreamError extends ApiError {
  /** Where in the text that was asked it lies. */
  readonly range: [number, number] | undefined;

  constructor({ error: e, range }: ErrorLine) {
    super(200, e.kind ?? 'internal', e.message ?? 'the server gave no reason', e.position, e.request_id);
    this.range = range;
  }
}

/** Listens to server-sent events until the returned function is called; the browser resumes by itself. */
export function listen(
  path: string,
  handlers: Record<string, (data: unknown) => void>,
  state?: (open: boolean) => void,
  params: Record<string, string | string[] | undefined> = {},
): () => void {
  const source = new EventSource(address(path, params));
  for (const [name, handler] of Object.entries(handlers)) {
    source.addEventListener(name, (e) => handler(JSON.parse((e as MessageEvent<string>).data)));
  }
  source.onopen = () => state?.(true);
  source.onerror = () => state?.(false);
  return () => source.close();
}

/** Calls an operation of one of AWS's APIs, which this server speaks too: what they offer is not offered twice. */
export async function aws<T>(
  path: string,
  params: Record<string, string>,
  headers: Record<string, string>,
  input: unknown,
  signal?: AbortSignal,
): Promise<{ answer: T; headers: Headers }> {
  const env = environment();
  const query = new URLSearchParams({ ...params, ...(env && { env }) }).toString();
  const response = await reach(at(`/${path}${query && `?${query}`}`), { method: 'POST', headers, body: JSON.stringify(input), signal });
  // An empty answer is none, and a proxy in between may answer in its own words.
  const answer: unknown = await response.json().catch(() => ({}));
  if (response.ok) return { answer: answer as T, headers: response.headers };
  const e = answer as { __type?: string; message?: string; Message?: string };
  throw new ApiError(
    response.status,
    e.__type ?? 'internal',
    e.message ?? e.Message ?? `the server answered ${response.status}`,
    undefined,
    response.headers.get('x-amzn-RequestId') ?? undefined,
  );
}
