// What the list of errors shows, as its address says it.
import { levels, type ErrorLevel } from '../../../api/errors';
import { noEnvironment } from './columns';

export const tabs = [
  ['active', 'Active'],
  ['new', 'New today'],
  ['reactivated', 'Reactivated'],
  ['muted', 'Muted'],
  ['resolved', 'Resolved'],
  ['mine', 'Mine'],
  ['all', 'All'],
] as const;
export type Tab = (typeof tabs)[number][0];

export const sorts = ['last', 'first', 'total', 'people', 'trend', 'level', 'title', 'counter'] as const;
export type SortKey = (typeof sorts)[number];

export const spans = ['24h', '7d'] as const;

/** How long ago an item must have been seen; '' for ever. */
export const seens = ['', '1h', '24h', '7d', '30d'] as const;

export interface ListState {
  tab: Tab;
  q: string;
  levels: ErrorLevel[];
  environments: string[];
  frameworks: string[];
  version: string;
  /** An id of a person, or 'none'. */
  assignee: string;
  seen: (typeof seens)[number];
  sort: SortKey;
  order: 'asc' | 'desc';
  span: (typeof spans)[number];
}

export type Params = Record<string, string | string[] | undefined>;

/** Reads an address; what makes no sense falls back. */
export function decode(p: URLSearchParams): ListState {
  const wanted = (p.get('level') ?? '').split(',');
  return {
    tab: tabs.find(([t]) => t === p.get('tab'))?.[0] ?? 'active',
    q: p.get('q') ?? '',
    levels: levels.filter((l) => wanted.includes(l)),
    environments: p.getAll('in'),
    frameworks: p.getAll('framework'),
    version: p.get('version') ?? '',
    assignee: /^(\d{1,15}|none)$/.test(p.get('who') ?? '') ? p.get('who')! : '',
    seen: seens.find((s) => s === p.get('seen')) ?? '',
    sort: sorts.find((s) => s === p.get('sort')) ?? 'last',
    order: p.get('order') === 'asc' ? 'asc' : 'desc',
    span: p.get('span') === '7d' ? '7d' : '24h',
  };
}

/** The parameters that give a state; defaults are left out. */
export function encode(s: Partial<ListState>): Params {
  const out: Params = {};
  if (s.tab !== undefined) out.tab = s.tab === 'active' ? undefined : s.tab;
  if (s.q !== undefined) out.q = s.q || undefined;
  if (s.levels !== undefined) out.level = s.levels.join(',') || undefined;
  if (s.environments !== undefined) out.in = s.environments;
  if (s.frameworks !== undefined) out.framework = s.frameworks;
  if (s.version !== undefined) out.version = s.version || undefined;
  if (s.assignee !== undefined) out.who = s.assignee || undefined;
  if (s.seen !== undefined) out.seen = s.seen || undefined;
  if (s.sort !== undefined) out.sort = s.sort === 'last' ? undefined : s.sort;
  if (s.order !== undefined) out.order = s.order === 'asc' ? 'asc' : undefined;
  if (s.span !== undefined) out.span = s.span === '24h' ? undefined : s.span;
  return out;
}

/** The filter as the API takes it; `me` is the person that "mine" means. */
export function filterOf(s: ListState, me: number): Record<string, string | string[] | undefined> {
  return {
    tab: s.tab,
    q: s.q,
    level: s.levels,
    in: s.environments,
    framework: s.frameworks,
    version: s.version,
    assignee: s.tab === 'mine' ? String(me) : s.assignee,
    seen: s.seen,
  };
}

/** Chips that say what is filtered, each with what takes it away. */
export function chipsOf(s: ListState, nameOf: (assignee: string) => string): [text: string, without: Partial<ListState>][] {
  return [
    ...s.levels.map((l): [string, Partial<ListState>] => [`level ${l}`, { levels: s.levels.filter((x) => x !== l) }]),
    ...s.environments.map((e): [string, Partial<ListState>] => [
      e === noEnvironment ? 'environment not said' : `in ${e}`,
      { environments: s.environments.filter((x) => x !== e) },
    ]),
    ...s.frameworks.map((f): [string, Partial<ListState>] => [`framework ${f}`, { frameworks: s.frameworks.filter((x) => x !== f) }]),
    ...(s.version ? [[`version ${s.version}`, { version: '' }] as [string, Partial<ListState>]] : []),
    ...(s.assignee
      ? [
          [s.assignee === 'none' ? 'assigned to nobody' : `assigned to ${nameOf(s.assignee)}`, { assignee: '' }] as [
            string,
            Partial<ListState>,
          ],
        ]
      : []),
    ...(s.seen ? [[`seen in the last ${s.seen}`, { seen: '' }] as [string, Partial<ListState>]] : []),
  ];
}
