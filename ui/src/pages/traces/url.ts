// What the Traces page shows, as its address says it.

export interface TracesState {
  from: string;
  to: string;
  q: string;
  /** Further filters, each an X-Ray expression or a condition: what was clicked. */
  f: string[];
  view: 'list' | 'analytics';
  /** The filters of the second set, if two are compared. */
  b: string[] | undefined;
  service: string[];
  name: string;
  errors: boolean;
  min: string;
  max: string;
  sort: 'start' | 'duration' | 'spans' | 'errors';
  order: 'asc' | 'desc';
}

const sorts = ['start', 'duration', 'spans', 'errors'] as const;

/** Reads an address; what makes no sense falls back. */
export function decode(p: URLSearchParams): TracesState {
  const number = (name: string): string => (/^\d+(\.\d+)?$/.test(p.get(name) ?? '') ? p.get(name)! : '');
  return {
    from: p.get('from') ?? 'now-1h',
    to: p.get('to') ?? 'now',
    q: p.get('q') ?? '',
    f: p.getAll('f'),
    view: p.get('view') === 'analytics' ? 'analytics' : 'list',
    b: p.get('compare') === '1' ? p.getAll('b') : undefined,
    service: p.getAll('svc'),
    name: p.get('name') ?? '',
    errors: p.get('errors') === '1',
    min: number('min'),
    max: number('max'),
    sort: sorts.find((s) => s === p.get('sort')) ?? 'start',
    order: p.get('order') === 'asc' ? 'asc' : 'desc',
  };
}

/** The parameters that give a state; defaults are left out. */
export function encode(s: Partial<TracesState>): Record<string, string | string[] | undefined> {
  const out: Record<string, string | string[] | undefined> = {};
  for (const [key, value] of Object.entries(s)) {
    const name = key === 'service' ? 'svc' : key;
    if (key === 'b') {
      out.compare = value === undefined ? undefined : '1';
      out.b = value as string[] | undefined;
    } else if (key === 'view') out.view = value === 'analytics' ? 'analytics' : undefined;
    else if (Array.isArray(value)) out[name] = value;
    else if (typeof value === 'boolean') out[name] = value ? '1' : undefined;
    else out[name] = (name === 'sort' && value === 'start') || (name === 'order' && value === 'desc') ? undefined : String(value);
  }
  return out;
}

/** The filter as the API takes it. */
export function query(s: TracesState): Record<string, string | string[] | undefined> {
  return {
    from: s.from,
    to: s.to,
    q: [s.q, ...s.f],
    service: s.service,
    name: s.name,
    errors: s.errors ? '1' : undefined,
    min_ms: s.min,
    max_ms: s.max,
  };
}

/** All filters as texts of a set of traces, as the analytics take it. */
export function texts(s: TracesState): string[] {
  const any = (list: string[]): string => list.map((x) => `service(${JSON.stringify(x)})`).join(' OR ');
  return [
    s.q,
    ...s.f,
    ...(s.service.length > 0 ? [any(s.service)] : []),
    ...(s.name ? [`root.name = ${JSON.stringify(s.name)}`] : []),
    ...(s.errors ? ['fault = true OR error = true OR throttle = true'] : []),
    ...bounds(s),
  ].filter((t) => t.trim() !== '');
}

/** The picked response times as an expression. */
export function bounds(s: Pick<TracesState, 'min' | 'max'>): string[] {
  return [...(s.min ? [`responsetime >= ${Number(s.min) / 1000}`] : []), ...(s.max ? [`responsetime <= ${Number(s.max) / 1000}`] : [])];
}
