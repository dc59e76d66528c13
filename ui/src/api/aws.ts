// CloudWatch Logs' own API, which this server speaks too: for what it serves
// already, log groups and their streams.
import { aws } from './client';

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

/** Calls an operation; regions are those in which there are groups, where the answer says so. Without a region, it is the server's. */
export async function logs<T>(
  operation: string,
  input: unknown,
  region = '',
  signal?: AbortSignal,
): Promise<{ answer: T; regions: string[] }> {
  const { answer, headers } = await aws<T>(
    '',
    region === '' ? {} : { region },
    { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': `Logs_20140328.${operation}` },
    input,
    signal,
  );
  return { answer, regions: (headers.get('X-Oriel-Regions') ?? '').split(',').filter((r) => r !== '') };
}
