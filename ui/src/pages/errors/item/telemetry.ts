// What happened before an error, one line each.
import type { Json, Telemetry } from '../../../api/errors';
import { duration, momentMs } from '../../../time/format';
import { previewOf, textOf } from './values';

export const kinds = ['log', 'network', 'navigation', 'dom', 'error', 'connectivity', 'manual', 'other'] as const;
export type Kind = (typeof kinds)[number];

export function kindOf(t: Telemetry): Kind {
  return kinds.find((k) => k === t.type) ?? 'other';
}

/** The entry in words. */
export function wordsOf(t: Telemetry): string {
  const b = t.body;
  const s = (name: string): string => textOf(b[name]);
  switch (kindOf(t)) {
    case 'log':
    case 'error':
      return s('message') || previewOf(b as Json, 200);
    case 'network': {
      const status = s('status_code');
      return [s('method') || 'GET', s('url'), status === '0' ? 'failed' : status].filter(Boolean).join(' ');
    }
    case 'navigation':
      return s('to') ? `${s('from') ? `${s('from')} → ` : ''}${s('to')}` : s('subtype') || previewOf(b as Json, 200);
    case 'dom':
      return [s('subtype') || s('type'), s('element'), s('value') && `“${s('value')}”`].filter(Boolean).join(' ');
    case 'connectivity':
      return s('change') || previewOf(b as Json, 200);
    default:
      return s('message') || previewOf(b as Json, 200);
  }
}

/** Whether the entry itself tells of something that failed. */
export function isBad(t: Telemetry): boolean {
  const status = Number(textOf(t.body.status_code));
  return (
    /^(?:critical|error)$/.test(t.level) ||
    kindOf(t) === 'error' ||
    (kindOf(t) === 'network' && (status >= 400 || textOf(t.body.status_code) === '0'))
  );
}

/** How long before the error, in seconds; 0 where its time is not known. */
export function before(t: Telemetry, at: string): number {
  return t.at === '' || at === '' ? 0 : Math.max((momentMs(at) - momentMs(t.at)) / 1000, 0);
}

/** The same in words; senders tell times by the millisecond. */
export function agoOf(t: Telemetry, at: string): string {
  if (t.at === '') return '';
  const ms = Math.round(before(t, at) * 1000);
  return ms === 0 ? '0\u2009ms' : `−${duration(ms * 1e6)}`;
}

/** Where entries stand on the axis, 0 to 1, the error at 1; by their order where times say nothing. */
export function places(list: readonly Telemetry[], at: string): number[] {
  const longest = Math.max(...list.map((t) => before(t, at)), 0);
  if (longest === 0) return list.map((_, i) => (i + 1) / (list.length + 1));
  return list.map((t) => 1 - before(t, at) / longest);
}
