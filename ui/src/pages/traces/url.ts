// What the Traces page shows, as its address says it.

export interface TracesState {
  from: string;
  to: string;
  q: string;
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
    if (Array.isArray(value)) out[name] = value;
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
    q: s.q,
    service: s.service,
    name: s.name,
    errors: s.errors ? '1' : undefined,
    min_ms: s.min,
    max_ms: s.max,
  };
}
