// Changing items: what can be asked of the server, and how it is said.
import { post, whyOf } from '../../api/client';
import type { ErrorItem, ErrorLevel, ErrorStatus } from '../../api/errors';
import { count } from '../../time/format';
import { say, sayBad } from '../../widgets/Toasts';

/** What is to become of items; what is left out stays. */
export interface Change {
  status?: ErrorStatus;
  /** Resolved in this version; with next_deploy in the one deployed next. */
  resolved_in?: string;
  next_deploy?: boolean;
  /** What ends a mute; all of them left out: somebody does. */
  mute?: { seconds?: number; count?: number; people?: number };
  snooze?: { seconds: number };
  /** 0 for nobody. */
  assignee?: number;
  level?: ErrorLevel;
  title?: string;
  merge?: boolean;
  delete?: boolean;
}

/** Which items: some, or all that pass filters of the list. */
export type Which = { ids: string[] } | { filter: Record<string, string | string[] | undefined> };

/** What a change does to an item on the screen, before the server has said so. */
export function effect(c: Change): Partial<ErrorItem> {
  return {
    ...(c.status && { status: c.status, reactivated: false, snoozed_until: '', muted_until: undefined }),
    ...(c.resolved_in && { resolved_in: c.resolved_in }),
    ...(c.level && { level: c.level }),
    ...(c.title && { title: c.title }),
    ...(c.snooze && { snoozed_until: `${Date.now() + c.snooze.seconds * 1000}000000` }),
    ...(c.assignee === 0 && { assignee: null }),
  };
}

/** What was done, in words. */
export function words(c: Change, n: number, name?: string): string {
  const items = n === 1 ? (name ?? '1 item') : `${count(n)} items`;
  if (c.delete) return `${items} deleted`;
  if (c.merge) return `${items} merged`;
  if (c.status === 'resolved' && c.next_deploy) return `${items} resolved by the next deploy`;
  if (c.status === 'resolved') return `${items} resolved${c.resolved_in ? ` in ${c.resolved_in}` : ''}`;
  if (c.status === 'muted') return `${items} muted`;
  if (c.status === 'active') return `${items} active again`;
  if (c.snooze) return `${items} snoozed`;
  if (c.assignee !== undefined) return c.assignee === 0 ? `${items} assigned to nobody` : `${items} assigned`;
  if (c.level) return `${items} ${n === 1 ? 'has' : 'have'} the level ${c.level}`;
  return `${items} changed`;
}

interface Done {
  changed: number;
  /** Gives it back as it was; empty where there is no way back. */
  undo: string;
  /** The item that others were merged into. */
  into?: string;
}

/** Asks for a change, says what came of it and offers the way back. */
export async function apply(which: Which, change: Change, opts: { name?: string; onDone: () => void }): Promise<Done | undefined> {
  try {
    const done = await post<Done>('errors/items/change', { ...which, change });
    const back = async (): Promise<void> => {
      try {
        await post('errors/undo', { undo: done.undo });
        say('Taken back');
      } catch (e) {
        sayBad(whyOf(e));
      }
      opts.onDone();
    };
    say(words(change, done.changed, opts.name), done.undo === '' ? undefined : () => void back());
    opts.onDone();
    return done;
  } catch (e) {
    sayBad(whyOf(e));
    opts.onDone();
    return undefined;
  }
}

const hour = 3600;
const day = 24 * hour;

/** The usual ways to mute, with their words. */
export const mutes: readonly [string, NonNullable<Change['mute']>][] = [
  ['Until somebody ends it', {}],
  ['For 1 hour', { seconds: hour }],
  ['For 1 day', { seconds: day }],
  ['For 1 week', { seconds: 7 * day }],
  ['Until 100 more occurrences', { count: 100 }],
  ['Until 1,000 more occurrences', { count: 1000 }],
  ['Until 10 more people are hit', { people: 10 }],
  ['Until 100 more people are hit', { people: 100 }],
];

export const snoozes: readonly [string, number][] = [
  ['For 1 hour', hour],
  ['For 4 hours', 4 * hour],
  ['For 1 day', day],
  ['For 1 week', 7 * day],
];
