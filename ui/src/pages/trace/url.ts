// What the Trace page shows, as its address says it.

export const views = ['waterfall', 'flame', 'table', 'map', 'documents'] as const;
export type ViewName = (typeof views)[number];

export interface TraceState {
  view: ViewName;
  span: string;
  root: string;
  find: string;
  zoom: string;
  matchesOnly: boolean;
  errorsOnly: boolean;
  foldRepeats: boolean;
  critical: boolean;
  logs: boolean;
  atLeast: boolean;
  keepClocks: boolean;
  /** The flame merges equal paths. */
  heavy: boolean;
  hidden: string[];
}

/** Reads an address; what makes no sense falls back. */
export function decode(p: URLSearchParams): TraceState {
  return {
    view: views.find((v) => v === p.get('view')) ?? 'waterfall',
    span: p.get('span') ?? '',
    root: p.get('root') ?? '',
    find: p.get('find') ?? '',
    zoom: p.get('zoom') ?? '',
    matchesOnly: p.get('only') === '1',
    errorsOnly: p.get('errors') === '1',
    foldRepeats: p.get('repeats') !== 'open',
    critical: p.get('critical') !== 'off',
    logs: p.get('logs') !== 'off',
    atLeast: p.get('min') === '1',
    keepClocks: p.get('skew') === 'off',
    heavy: p.get('flame') === 'heavy',
    hidden: p.getAll('hide'),
  };
}

/** The parameters that give a state; defaults are left out. */
export function encode(s: Partial<TraceState>): Record<string, string | string[] | undefined> {
  const out: Record<string, string | string[] | undefined> = {};
  if (s.view !== undefined) out.view = s.view === 'waterfall' ? undefined : s.view;
  for (const name of ['span', 'root', 'find', 'zoom'] as const) if (s[name] !== undefined) out[name] = s[name] || undefined;
  if (s.matchesOnly !== undefined) out.only = s.matchesOnly ? '1' : undefined;
  if (s.errorsOnly !== undefined) out.errors = s.errorsOnly ? '1' : undefined;
  if (s.foldRepeats !== undefined) out.repeats = s.foldRepeats ? undefined : 'open';
  if (s.critical !== undefined) out.critical = s.critical ? undefined : 'off';
  if (s.logs !== undefined) out.logs = s.logs ? undefined : 'off';
  if (s.atLeast !== undefined) out.min = s.atLeast ? '1' : undefined;
  if (s.keepClocks !== undefined) out.skew = s.keepClocks ? 'off' : undefined;
  if (s.heavy !== undefined) out.flame = s.heavy ? 'heavy' : undefined;
  if (s.hidden !== undefined) out.hide = s.hidden;
  return out;
}
