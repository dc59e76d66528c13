// What the Insights page shows, as its address says it.

export const views = ['table', 'json'] as const;
export type View = (typeof views)[number];

export interface InsightsState {
  from: string;
  to: string;
  /** Datasets; none are all with log lines. */
  groups: string[];
  /** The query that was run; empty before the first. */
  query: string;
  /** Values of its parameters. */
  values: Record<string, string>;
  view: View;
  /** Compare with the period before. */
  diff: boolean;
  /** The row that is open; -1 for none. */
  row: number;
}

const value = /^p\.([\w.-]{1,64})$/;

/** Reads an address; what makes no sense falls back. */
export function decode(p: URLSearchParams): InsightsState {
  const values: Record<string, string> = {};
  for (const [name, v] of p) {
    const m = value.exec(name);
    if (m) values[m[1]!] = v;
  }
  const row = Number(p.get('row') ?? NaN);
  return {
    from: p.get('from') ?? 'now-1h',
    to: p.get('to') ?? 'now',
    groups: p.getAll('group').filter((g) => /^[^,]{1,512}$/.test(g)),
    query: p.get('query') ?? '',
    values,
    view: views.find((v) => v === p.get('view')) ?? 'table',
    diff: p.get('diff') === '1',
    row: Number.isInteger(row) && row >= 0 && row < 10_000 ? row : -1,
  };
}

export type Params = Record<string, string | string[] | undefined>;

/** The parameters that give a state; defaults are left out. Values that are not named go. */
export function encode(s: Partial<InsightsState>, before: Record<string, string> = {}): Params {
  const out: Params = {};
  if (s.from !== undefined) out.from = s.from;
  if (s.to !== undefined) out.to = s.to;
  if (s.groups !== undefined) out.group = s.groups;
  if (s.query !== undefined) out.query = s.query || undefined;
  if (s.values !== undefined) {
    for (const name of Object.keys(before)) out[`p.${name}`] = undefined;
    for (const [name, v] of Object.entries(s.values)) out[`p.${name}`] = v || undefined;
  }
  if (s.view !== undefined) out.view = s.view === 'table' ? undefined : s.view;
  if (s.diff !== undefined) out.diff = s.diff ? '1' : undefined;
  if (s.row !== undefined) out.row = s.row < 0 ? undefined : String(s.row);
  return out;
}
