// Log groups as the Groups page lists them. Pure.
import type { LogGroup } from '../../api/aws';
import type { Dataset } from './data';

export interface GroupRow {
  name: string;
  /** Of its lines; empty while it has none. */
  slug: string;
  lines: number;
  bytes: number;
  /** Unix ns of the newest line; empty for none. */
  last: string;
  /** Days; undefined keeps them for ever. */
  retention: number | undefined;
  created: number;
  /** Its lines came by another protocol: it can only be read. */
  readOnly: boolean;
  /** Lines by minute over the last hour. */
  spark: number[];
  perSecond: number;
}

export type SortKey = 'name' | 'rate' | 'bytes' | 'retention' | 'last';

/** Groups with what is known of their lines. Spans are a group for the API, but no lines. */
export function rowsOf(groups: readonly LogGroup[], datasets: readonly Dataset[], rates: ReadonlyMap<string, number[]>): GroupRow[] {
  const byName = new Map(datasets.map((d) => [d.name, d]));
  return groups
    .filter((g) => g.logGroupName !== 'aws/spans')
    .map((g) => {
      const d = byName.get(g.logGroupName);
      const spark = rates.get(g.logGroupName) ?? [];
      return {
        name: g.logGroupName,
        slug: d?.slug ?? '',
        lines: d?.lines ?? 0,
        bytes: Math.max(d?.bytes ?? 0, g.storedBytes ?? 0),
        last: d && d.lines > 0 ? d.last : '',
        retention: g.retentionInDays,
        created: g.creationTime,
        readOnly: d !== undefined && d.lines > 0 && d.grouped === 0,
        spark,
        perSecond: spark.reduce((a, b) => a + b, 0) / 3600,
      };
    });
}

/** Sorted by a column; equal ones by name. */
export function sorted(rows: readonly GroupRow[], key: SortKey, down: boolean): GroupRow[] {
  const value = (r: GroupRow): number | string =>
    key === 'name'
      ? r.name
      : key === 'rate'
        ? r.perSecond
        : key === 'bytes'
          ? r.bytes
          : key === 'last'
            ? Number(r.last || 0)
            : (r.retention ?? Infinity);
  const compare = (a: GroupRow, b: GroupRow): number => {
    const [x, y] = [value(a), value(b)];
    const by = typeof x === 'string' ? x.localeCompare(String(y)) : x < (y as number) ? -1 : x > (y as number) ? 1 : 0;
    return (down ? -by : by) || a.name.localeCompare(b.name);
  };
  return [...rows].sort(compare);
}

export function retentionText(days: number | undefined): string {
  if (days === undefined) return 'As the server';
  if (days === 1) return '1 day';
  return days >= 365 && days % 365 < 12 ? `${Math.floor(days / 365)} ${days < 700 ? 'year' : 'years'}` : `${days} days`;
}
