// How an item is told in the columns of the list.
import type { ErrorItem, ErrorLevel } from '../../../api/errors';
import { ago, count, momentMs } from '../../../time/format';

/** A name that fits a narrow column. */
export const shortLevel: Readonly<Record<ErrorLevel, string>> = {
  critical: 'CRI',
  error: 'ERR',
  warning: 'WRN',
  info: 'INF',
  debug: 'DBG',
};

/** How long ago, in two or three characters and a unit: 12 s, 5 min, 3 h, 8 d. */
export function age(at: string, now: number): string {
  return at === '' ? '–' : ago(Math.max(now - momentMs(at), 0)).replace(' ago', '');
}

/** Whether an item is less than a day old. */
function isNew(item: ErrorItem, now: number): boolean {
  return item.first !== '' && now - momentMs(item.first) < 86_400e3;
}

/** The state in words: what the reader must know beyond "active". */
export function stateOf(
  item: ErrorItem,
  now: number,
): { word: string; kind: 'new' | 'again' | 'active' | 'resolved' | 'muted' | 'asleep' } {
  if (item.status === 'resolved') return { word: item.resolved_in ? `resolved in ${item.resolved_in}` : 'resolved', kind: 'resolved' };
  if (item.status === 'archived') return { word: 'archived', kind: 'muted' };
  if (item.status === 'muted') return { word: muteWords(item, now), kind: 'muted' };
  if (item.snoozed_until !== '' && momentMs(item.snoozed_until) > now)
    return { word: `snoozed, ${age2(momentMs(item.snoozed_until) - now)} left`, kind: 'asleep' };
  if (item.reactivated) return { word: 'came back', kind: 'again' };
  if (isNew(item, now)) return { word: 'new', kind: 'new' };
  return { word: 'active', kind: 'active' };
}

function age2(ms: number): string {
  return ago(ms).replace(' ago', '');
}

function muteWords(item: ErrorItem, now: number): string {
  const until = item.muted_until;
  if (!until) return 'muted';
  const parts = [
    ...(until.at ? [`for ${age2(Math.max(momentMs(until.at) - now, 0))}`] : []),
    ...(until.count ? [`until ${count(until.count)} times`] : []),
    ...(until.people ? [`until ${count(until.people)} people`] : []),
  ];
  return parts.length > 0 ? `muted ${parts.join(' or ')}` : 'muted';
}

/** The versions as one short text: the first and the last. */
export function versionsOf(item: ErrorItem): string {
  if (item.last_version === '') return '';
  return item.first_version === item.last_version || item.first_version === ''
    ? shortVersion(item.last_version)
    : `${shortVersion(item.first_version)} … ${shortVersion(item.last_version)}`;
}

/** A commit's hash is known by its first letters. */
export function shortVersion(v: string): string {
  return /^[0-9a-f]{12,64}$/.test(v) ? v.slice(0, 7) : v;
}

/** The class of an exception and the rest of a title: "KeyError" and ": 'user'". */
export function titleParts(title: string): [string, string] {
  const m = /^([A-Za-z_$*][\w.$:/*\\-]{0,120}?)(:\s[\s\S]*)$/.exec(title);
  return m ? [m[1]!, m[2]!] : ['', title];
}

/** The environment of errors whose sender names none. */
export const noEnvironment = 'unknown';

/** An environment, or why there is none, for people. */
export function placeWords(environment: string): string {
  return environment === noEnvironment
    ? 'The sender names no environment: OpenTelemetry’s resource has no deployment.environment.name, or a payload no environment'
    : environment;
}
