// What a result's footer says of its time.
import { beginsBefore, keptAt, keptWords, type Retained } from '../../app/retained';
import { earlierWords } from '../../query/compare';
import { clock, day, momentMs } from '../../time/format';
import type { Result } from './result';

/** Both ends of a range; the second without its day where it is the same. */
function rangeText(from: number, to: number, utc: boolean): string {
  const last = day(to, utc) === day(from, utc) ? '' : `${day(to, utc)} `;
  return `${day(from, utc)} ${clock(from, utc)} to ${last}${clock(to, utc)}`;
}

/** What a result is compared with; empty for nothing. */
export function comparedNote(result: Pick<Result, 'start' | 'end' | 'compare'>, utc: boolean): string {
  if (!result.compare) return '';
  const back = result.compare.offset / 1e6;
  const [from, to] = [momentMs(result.start) - back, momentMs(result.end) - back];
  return `compared with ${earlierWords(Math.round(back / 1000))}, ${rangeText(from, to, utc)}`;
}

/** Where the events begin, if a result that ran just now reaches farther back than they do; empty otherwise. */
export function oldestNote(result: Pick<Result, 'start'>, retained: Retained, ranAt: number, utc: boolean): string {
  const { first, at } = retained;
  const from = momentMs(result.start);
  if (first === undefined || ranAt < at || from > first - 60_000 || beginsBefore(retained, from, ranAt)) return '';
  return `the oldest event is of ${day(first, utc)} ${clock(first, utc)}`;
}

/** What of a result's time was no longer kept when it ran; empty for nothing. */
export function goneNote(result: Pick<Result, 'start' | 'end' | 'compare'>, retained: Retained, ranAt: number, utc: boolean): string {
  const edge = keptAt(retained, ranAt);
  const from = momentMs(result.start);
  const back = (result.compare?.offset ?? 0) / 1e6;
  const what = beginsBefore(retained, from, ranAt)
    ? 'The range'
    : beginsBefore(retained, from - back, ranAt)
      ? 'What it is compared with'
      : '';
  if (what === '' || edge === undefined) return '';
  return `${what} begins before what is kept: events are kept ${keptWords(retained)}, here from ${day(edge, utc)} ${clock(edge, utc)} on`;
}
