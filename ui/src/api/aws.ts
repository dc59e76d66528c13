// CloudWatch Logs' own API, which this server speaks too: for what it serves
// already, log groups and their streams.
import { at } from '../app/root';
import { ApiError, asApiError } from './client';

export interface LogGroup {
  logGroupName: string;
  /** ms since 1970. */
  creationTime: number;
  /** Days; none keeps lines as long as the server keeps anything. */
  retentionInDays?: number;
  storedBytes?: number;
  arn: string;
}

export interface LogStream {
  logStreamName: string;
  creationTime: number;
  firstEventTimestamp?: number;
  lastEventTimestamp?: number;
  lastIngestionTime?: number;
}

/** The only lengths that the API takes. */
export const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

/** Calls an operation; regions are those in which there are groups, where the answer says so. */
export async function logs<T>(
  operation: string,
  input: unknown,
  region: string,
  signal?: AbortSignal,
): Promise<{ answer: T; regions: string[] }> {
  const env = new URLSearchParams(location.search).get('env') ?? '';
  const query = new URLSearchParams({ ...(region && { region }), ...(env && { env }) }).toString();
  let response: Response;
  try {
    response = await fetch(at(`/${query && `?${query}`}`), {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': `Logs_20140328.${operation}` },
      body: JSON.stringify(input),
      signal,
    });
  } catch (e) {
    if (signal?.aborted) throw e;
    throw asApiError(e);
  }
  const text = await response.text();
  let answer: unknown;
  try {
    answer = text === '' ? {} : JSON.parse(text);
  } catch {
    answer = {}; // a proxy in between may answer in its own words
  }
  if (!response.ok) {
    const e = answer as { __type?: string; message?: string; Message?: string };
    throw new ApiError(
      response.status,
      e.__type ?? 'internal',
      e.message ?? e.Message ?? `the server answered ${response.status}`,
      undefined,
      response.headers.get('X-Amzn-Requestid') ?? undefined,
    );
  }
  return { answer: answer as T, regions: (response.headers.get('X-Oriel-Regions') ?? '').split(',').filter((r) => r !== '') };
}
