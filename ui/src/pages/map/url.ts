import type { EdgeEnds } from '../../query/links';
// What the Map page shows, as its address says it.

export const sizes = ['none', 'traffic', 'errors'] as const;
export const comparisons = ['', 'previous', 'day', 'week'] as const;

export interface MapState {
  from: string;
  to: string;
  /** What traces must meet that the map is made of: an X-Ray expression or a condition. */
  q: string;
  view: 'map' | 'table';
  /** Part of a name. */
  find: string;
  /** Only nodes with at least so many percent of failed calls, and calls a second. */
  minErrors: number;
  minRate: number;
  size: (typeof sizes)[number];
  /** The node that the neighbourhood is around, and how many edges it reaches; 0 is as many as still can be read. */
  around: string;
  hops: number;
  /** All nodes, though they are many. */
  all: boolean;
  /** Everything that does not lead to or from the chosen node is faded. */
  focus: boolean;
  /** Groups that are one node. */
  folded: string[];
  compare: (typeof comparisons)[number];
  /** The node whose panel is open, or both ends of the edge. */
  node: string;
  edge: EdgeEnds | undefined;
  /** Picked in the histogram, in ms. */
  range: [number, number] | undefined;
}

const number = (p: URLSearchParams, name: string): number => {
  const v = Number(p.get(name) ?? 0);
  return Number.isFinite(v) && v > 0 ? v : 0;
};

function endsOf([from, to, kind, ...more]: string[]): EdgeEnds | undefined {
  if (from === undefined || to === undefined || more.length > 0) return undefined;
  return kind === undefined ? [from, to] : kind === 'link' ? [from, to, kind] : undefined;
}

/** Reads an address; what makes no sense falls back. */
export function decode(p: URLSearchParams): MapState {
  const range = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(p.get('range') ?? '');
  const hops = number(p, 'hops');
  return {
    from: p.get('from') ?? 'now-1h',
    to: p.get('to') ?? 'now',
    q: p.get('q') ?? '',
    view: p.get('view') === 'table' ? 'table' : 'map',
    find: p.get('find') ?? '',
    minErrors: Math.min(number(p, 'errors'), 100),
    minRate: number(p, 'rate'),
    size: sizes.find((s) => s === p.get('size')) ?? 'none',
    around: p.get('around') ?? '',
    hops: [1, 2, 3].includes(hops) ? hops : 0,
    all: p.get('all') === '1',
    focus: p.get('focus') === '1',
    folded: p.getAll('fold'),
    compare: comparisons.find((c) => c === p.get('compare')) ?? '',
    node: p.get('node') ?? '',
    edge: endsOf(p.getAll('edge')),
    range: range && Number(range[1]) < Number(range[2]) ? [Number(range[1]), Number(range[2])] : undefined,
  };
}

/** The parameters that give a state; defaults are left out. */
export function encode(s: Partial<MapState>): Record<string, string | string[] | undefined> {
  const out: Record<string, string | string[] | undefined> = {};
  const put = (name: string, key: keyof MapState, text: string | string[] | undefined): void => {
    if (key in s) out[name] = text;
  };
  for (const key of ['from', 'to', 'q', 'find', 'around', 'compare', 'node'] as const) put(key, key, s[key] || undefined);
  put('view', 'view', s.view === 'table' ? 'table' : undefined);
  put('errors', 'minErrors', s.minErrors ? String(s.minErrors) : undefined);
  put('rate', 'minRate', s.minRate ? String(s.minRate) : undefined);
  put('size', 'size', s.size === 'none' ? undefined : s.size);
  put('hops', 'hops', s.hops ? String(s.hops) : undefined);
  put('all', 'all', s.all ? '1' : undefined);
  put('focus', 'focus', s.focus ? '1' : undefined);
  put('fold', 'folded', s.folded);
  put('edge', 'edge', s.edge);
  put('range', 'range', s.range && s.range.map((v) => String(Number(v.toPrecision(6)))).join('-'));
  return out;
}
