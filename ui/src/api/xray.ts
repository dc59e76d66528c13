// X-Ray's own API, which this server speaks too: for what it serves already,
// sampling rules and what clients report of them.
import { aws } from './client';

export interface SamplingRule {
  RuleName: string;
  Priority: number;
  /** A share from 0 to 1. */
  FixedRate: number;
  /** Requests a second before FixedRate applies. */
  ReservoirSize: number;
  ServiceName: string;
  ServiceType: string;
  Host: string;
  HTTPMethod: string;
  URLPath: string;
  ResourceARN: string;
  Attributes: Record<string, string>;
  SamplingRateBoost?: { MaxRate: number; CooldownWindowMinutes: number };
}

/** What clients reported of a rule in ten seconds. */
export interface StatisticSummary {
  RuleName: string;
  /** Seconds since 1970. */
  Timestamp: number;
  RequestCount: number;
  SampledCount: number;
  BorrowCount: number;
}

/** Calls an operation by its path. */
export async function xray<T>(operation: string, input: unknown, signal?: AbortSignal): Promise<T> {
  return (await aws<T>(operation, {}, { 'Content-Type': 'application/json' }, input, signal)).answer;
}

/** Reads all pages of a listing. */
async function all<T>(operation: string, member: string, signal: AbortSignal): Promise<T[]> {
  const found: T[] = [];
  let token: string | undefined;
  do {
    const page: Record<string, unknown> = await xray(operation, token ? { NextToken: token } : {}, signal);
    found.push(...(page[member] as T[]));
    token = page.NextToken as string | undefined;
  } while (token);
  return found;
}

/** A saved filter expression. */
export interface Group {
  GroupName: string;
  GroupARN: string;
  /** Absent for Default, which has every trace in it. */
  FilterExpression?: string;
  InsightsConfiguration: { InsightsEnabled: boolean; NotificationsEnabled: boolean };
}

/** All groups but Default. */
export async function savedGroups(signal: AbortSignal): Promise<Group[]> {
  return (await all<Group>('Groups', 'Groups', signal)).filter((g) => g.FilterExpression !== undefined);
}

/** Gives a group another name: names of groups don't change, so it is another one with all that this has. */
export async function renameGroup(g: Group, name: string): Promise<void> {
  const { Tags } = await xray<{ Tags: unknown[] }>('ListTagsForResource', { ResourceARN: g.GroupARN });
  await xray('CreateGroup', {
    GroupName: name,
    FilterExpression: g.FilterExpression,
    InsightsConfiguration: g.InsightsConfiguration,
    Tags,
  });
  await xray('DeleteGroup', { GroupName: g.GroupName });
}

/** The rules in the order in which they are looked at. */
export async function samplingRules(signal: AbortSignal): Promise<SamplingRule[]> {
  const records = await all<{ SamplingRule: SamplingRule }>('GetSamplingRules', 'SamplingRuleRecords', signal);
  return records.map((r) => r.SamplingRule);
}

/** What clients reported in the last ten minutes. */
export function samplingSummaries(signal: AbortSignal): Promise<StatisticSummary[]> {
  return all('SamplingStatisticSummaries', 'SamplingStatisticSummaries', signal);
}
