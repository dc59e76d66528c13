// The table of services: how it is filtered, sorted and laid out, and what its
// small charts show.
import type { Deploy, HomeService, Points } from '../../api/home';
import type { Spark } from '../../charts/spark';

export const sortKeys = ['name', 'rate', 'failed', 'p50', 'p95', 'p99', 'errors', 'deploy'] as const;
export type SortKey = (typeof sortKeys)[number];

export interface HomeState {
  from: string;
  to: string;
  q: string;
  sort: SortKey;
  up: boolean;
  compare: '' | 'day' | 'week';
}

/** Reads an address; what makes no sense falls back. */
export function decode(p: URLSearchParams): HomeState {
  const compare = p.get('compare');
  return {
    from: p.get('from') ?? 'now-1h',
    to: p.get('to') ?? 'now',
    q: p.get('q') ?? '',
    sort: sortKeys.find((k) => k === p.get('sort')) ?? 'rate',
    up: p.get('order') === 'asc',
    compare: compare === 'day' || compare === 'week' ? compare : '',
  };
}

/** The parameters that give a state; defaults are left out. */
export function encode(s: Partial<HomeState>): Record<string, string | undefined> {
  const out: Record<string, string | undefined> = {};
  for (const key of ['from', 'to', 'q', 'compare'] as const) if (key in s) out[key] = s[key] || undefined;
  if (s.sort !== undefined) out.sort = s.sort === 'rate' ? undefined : s.sort;
  if (s.up !== undefined) out.order = s.up ? 'asc' : undefined;
  return out;
}

export const failed = (h: { errors: number; throttles: number; faults: number }): number => h.errors + h.throttles + h.faults;

function valueOf(s: HomeService, key: SortKey): number | string {
  switch (key) {
    case 'name':
      return s.name.toLowerCase();
    case 'rate':
      return s.count;
    case 'failed':
      return s.count > 0 ? failed(s) / s.count : -1;
    case 'errors':
      return s.open_errors;
    case 'deploy':
      return s.deploy ? Number(s.deploy.at.slice(0, -6)) : 0;
    default:
      return s[`${key}_ms`] ?? -1;
  }
}

/** The services whose name holds every word, in order; those that are alike by name. */
export function arrange(services: readonly HomeService[], q: string, sort: SortKey, up: boolean): HomeService[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const sign = up ? 1 : -1;
  return services
    .filter((s) => words.every((w) => s.name.toLowerCase().includes(w)))
    .sort((a, b) => {
      const [x, y] = [valueOf(a, sort), valueOf(b, sort)];
      return x === y ? (a.name < b.name ? -1 : 1) : (x < y ? -1 : 1) * sign;
    });
}

/** Keeps rows where somebody reads them: the order of before, what is new behind it. */
export function hold(rows: HomeService[], before: readonly string[]): HomeService[] {
  const place = new Map(before.map((name, i) => [name, i]));
  return [...rows].sort((a, b) => (place.get(a.name) ?? Infinity) - (place.get(b.name) ?? Infinity) || 0);
}

export interface Column {
  key: SortKey;
  title: string;
  /** What it says, for a tooltip. */
  about: string;
  width: number;
  /** Of the small chart beside the number; 0 for none. */
  spark: number;
}

const columns: Column[] = [
  { key: 'rate', title: 'Requests', about: 'Requests a second', width: 72, spark: 92 },
  { key: 'failed', title: 'Failed', about: '4xx, 429, 5xx and failures', width: 64, spark: 92 },
  { key: 'p50', title: 'p50', about: 'Half of the requests take longer', width: 64, spark: 0 },
  { key: 'p95', title: 'p95', about: 'One request in 20 takes longer', width: 64, spark: 92 },
  { key: 'p99', title: 'p99', about: 'One request in 100 takes longer', width: 64, spark: 0 },
  { key: 'errors', title: 'Errors', about: 'Open errors', width: 56, spark: 0 },
  { key: 'deploy', title: 'Last deploy', about: 'What was deployed last', width: 140, spark: 0 },
];

/** What the name of a service has at least, in pixels, where there is a choice. */
const nameWidth = 190;

/** The columns beside the name that have room in a width. */
export function columnsIn(width: number): Column[] {
  const some = columns.filter((c) => c.key !== 'p50' && c.key !== 'deploy');
  const few = some.filter((c) => c.key !== 'p99');
  const choices = [columns, some, few.map((c) => ({ ...c, spark: c.spark && 64 })), few.map((c) => ({ ...c, spark: 0 }))];
  const fits = choices.find((list) => width - widthOf(list) >= nameWidth);
  return fits ?? few.filter((c) => c.key !== 'errors').map((c) => ({ ...c, spark: 0 }));
}

function widthOf(list: readonly Column[]): number {
  return list.reduce((n, c) => n + c.width + c.spark, 0);
}

const gap = 12;

/** What the columns take of a row, from its right edge. */
export function template(list: readonly Column[]): string {
  return `minmax(0, 1fr) ${list.map((c) => `${c.width + c.spark}px`).join(' ')}`;
}

/** What the small charts take, in a row of a width. */
export function sparksOf(s: HomeService, list: readonly Column[], width: number, lastShare: number): Spark[] {
  const out: Spark[] = [];
  let x = width - widthOf(list);
  for (const c of list) {
    if (c.spark > 0) {
      const base = { x: x + c.width + gap, width: c.spark - gap };
      if (c.key === 'rate') {
        out.push({
          ...base,
          kind: 'line',
          gaps: false,
          least: 0,
          now: rates(s.series, lastShare),
          before: s.before && rates(s.before.series, 1),
        });
      }
      if (c.key === 'failed') {
        out.push({ ...base, kind: 'bars', gaps: false, least: 0.04, now: shares(s.series), before: s.before && shares(s.before.series) });
      }
      if (c.key === 'p95') {
        const before = s.before && Float32Array.from(s.before.series.p95_ms);
        out.push({ ...base, kind: 'line', gaps: true, least: 0, now: Float32Array.from(s.series.p95_ms), before });
      }
    }
    x += c.width + c.spark;
  }
  return out;
}

/** Requests by step; the last step may have begun only: it counts as if it went on so, once there is something to tell by. */
function rates(p: Points, lastShare: number): Float32Array {
  const out = Float32Array.from(p.count);
  const last = out.length - 1;
  if (last > 0) out[last] = lastShare >= 0.25 ? out[last]! / Math.min(lastShare, 1) : out[last - 1]!;
  return out;
}

function shares(p: Points): Float32Array {
  return Float32Array.from(p.bad, (n, i) => (p.count[i]! > 0 ? n / p.count[i]! : 0));
}

/** Where the deploys of a service stand in its small charts, as shares of their width. */
export function ticksOf(service: string, deploys: readonly Deploy[], base: string, total: number): number[] {
  return deploys
    .filter((d) => d.service === '' || d.service === service)
    .map((d) => Number(BigInt(d.at) - BigInt(base)) / total)
    .filter((t) => t >= 0 && t <= 1);
}
