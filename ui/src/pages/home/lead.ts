// Where the parts of a sentence lead: each figure to the page that explains it.
import type { Attention, Cause, SentencePart } from '../../api/home';
import { nameText } from '../../query/copyAs';
import { servicePage } from '../../query/links';
import { around, type Range } from '../../time/range';

/** The traces of a service, or of one of its operations, that are of a kind. */
export function tracesOf(service: string, operation: string, range: Range, kind?: Cause['kind']): string {
  const p = new URLSearchParams({ from: range.from, to: range.to });
  const name = operation === '' ? '' : ` AND ${nameText('name')} = ${JSON.stringify(operation)}`;
  p.set('q', `service.name = ${JSON.stringify(service)}${name}`);
  const outcome = { failing: 'fault', throttling: 'throttle', refusing: 'error' }[kind as string];
  if (outcome) p.set('f', `service(${JSON.stringify(service)}) { ${outcome} = true }`);
  if (kind === 'slow' || kind === 'uneven') p.set('sort', 'duration');
  return `/traces?${p.toString()}`;
}

/** Half an hour before and after a moment. */
export function aroundMoment(at: string, until: string): Range {
  const { from, to } = around(at, 30 * 60_000);
  return { from, to: BigInt(to) < BigInt(until) ? to : 'now' };
}

/** Where a part of a sentence leads; undefined for plain words. */
export function leadOf(part: SentencePart, cause: Cause, service: string, range: Range, until: string): string | undefined {
  const since = cause.since === '' ? range : { from: cause.since, to: range.to };
  if (cause.kind === 'intake') return part.is === '' ? undefined : '/setup';
  switch (part.is) {
    case 'now':
      if (cause.item !== '') return `/errors/${cause.item}`;
      if (cause.trace !== '') return `/trace/${cause.trace}`;
      return tracesOf(service, cause.operation, since, cause.kind);
    case 'before':
      return servicePage(service, range);
    case 'moment':
    case 'deploy':
      return service === '' ? `/errors/${cause.item}` : servicePage(service, aroundMoment(part.at, until));
    case 'operation':
      return tracesOf(service, cause.operation, range, cause.kind === 'uneven' ? cause.kind : undefined);
    case 'error':
      return `/errors/${cause.item}`;
    default:
      return undefined;
  }
}

/** How many sentences there is room for, where nobody has to scroll for the services. */
const room = 14;

/** How many sentences of a service are shown at first: all of them, unless those of all services together are too many. */
export function sentencesOfEach(list: readonly Attention[]): number {
  const all = list.reduce((n, a) => n + a.causes.length, 0);
  return all <= room ? all : 3;
}
