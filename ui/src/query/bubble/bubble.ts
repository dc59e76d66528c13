// Fields of what is picked beside those of the rest, and what they say.
import { valueLabel } from '../../charts/scale';
import { clock, count, momentMs } from '../../time/format';
import { cellText, isolated, unitOf, type Cell } from '../cell';
import { rest, type Baseline, type Selection } from './selection';

export interface Numbers {
  scale: 'log' | 'linear';
  min: number;
  max: number;
  bins: number;
  selection: number[];
  baseline: number[];
  median?: { selection: number | null; baseline: number | null };
}

export interface FieldDifference {
  name: string;
  kind: string;
  class: 'ranked' | 'selected' | 'id_like' | 'constant' | 'rare';
  score: number;
  headline: string;
  present: { selection: number; baseline: number };
  distinct: number;
  distinct_at_least?: boolean;
  values: { value: Cell; selection: number; baseline: number }[] | null;
  other: { selection: number; baseline: number };
  histogram?: Numbers;
}

/** Sides as they are shown; swapped, the baseline is the one in amber. */
export interface Sides {
  selection: number;
  baseline: number;
}

export interface ValueShare {
  /** undefined stands for all other values. */
  value: Cell | undefined;
  absent: boolean;
  counts: Sides;
  shares: Sides;
}

/** Values with the share of events that have them on each side, absence too; the largest first. */
export function valueShares(f: FieldDifference, totals: Sides, most: number): { shown: ValueShare[]; more: number } {
  const share = (n: number, of: number): number => (of > 0 ? n / of : 0);
  const row = (value: Cell | undefined, counts: Sides, absent = false): ValueShare => ({
    value,
    absent,
    counts,
    shares: { selection: share(counts.selection, totals.selection), baseline: share(counts.baseline, totals.baseline) },
  });
  const all = (f.values ?? []).map((v) => row(v.value, { selection: v.selection, baseline: v.baseline }));
  const lack: Sides = {
    selection: Math.round((1 - f.present.selection) * totals.selection),
    baseline: Math.round((1 - f.present.baseline) * totals.baseline),
  };
  if (lack.selection > 0 || lack.baseline > 0) all.push(row(null, lack, true));
  const top = (v: ValueShare): number => Math.max(v.shares.selection, v.shares.baseline);
  all.sort((a, b) => top(b) - top(a));
  const shown = all.slice(0, most);
  const more = all.length - shown.length;
  if (more === 0 && (f.other.selection > 0 || f.other.baseline > 0)) shown.push(row(undefined, f.other));
  return { shown, more };
}

export function swapped(s: Sides): Sides {
  return { selection: s.baseline, baseline: s.selection };
}

export function swapField(f: FieldDifference): FieldDifference {
  return {
    ...f,
    present: swapped(f.present),
    values: (f.values ?? []).map((v) => ({ value: v.value, ...swapped(v) })),
    other: swapped(f.other),
    ...(f.histogram && {
      histogram: {
        ...f.histogram,
        selection: f.histogram.baseline,
        baseline: f.histogram.selection,
        ...(f.histogram.median && { median: { selection: f.histogram.median.baseline, baseline: f.histogram.median.selection } }),
      },
    }),
  };
}

export function percent(share: number): string {
  const p = share * 100;
  if (p === 0) return '0\u2009%';
  if (p < 0.1) return '<\u20090.1\u2009%';
  return `${p < 10 || (p > 99 && p < 100) ? p.toFixed(1).replace(/\.0$/, '') : Math.round(p)}\u2009%`;
}

/** What is said about a field when the sides are swapped, which the server does not know. */
export function headline(f: FieldDifference, totals: Sides, others = 'of the rest'): string {
  const m = f.histogram?.median;
  if (m && m.selection !== null && m.baseline !== null) {
    const unit = unitOf(f.name);
    return `half of the selection has ${f.name} above ${valueLabel(m.selection, unit)}, ${others} above ${valueLabel(m.baseline, unit)}`;
  }
  const [best] = valueShares(f, totals, 50)
    .shown.filter((v) => v.value !== undefined)
    .sort((a, b) => gap(b) - gap(a));
  if (!best) return f.name;
  const what = best.absent ? `${f.name} is missing` : `${f.name} = ${isolated(cellText(best.value))}`;
  return `${what} in ${percent(best.shares.selection)} of the selection, ${percent(best.shares.baseline)} ${others}`;
}

const gap = (v: ValueShare): number => Math.abs(v.shares.selection - v.shares.baseline);

/** What is picked, in words. */
export function selectionWords(s: Selection, utc: boolean): string {
  switch (s.type) {
    case 'range': {
      const [r] = s.rectangles;
      if (!r) return '';
      const unit = unitOf(s.column);
      const time = `${clock(momentMs(r.start), utc)} to ${clock(momentMs(r.end), utc)}`;
      const bounds =
        Number.isFinite(r.min) && Number.isFinite(r.max)
          ? `${s.column} ${valueLabel(r.min, unit)} to ${valueLabel(r.max, unit)}`
          : Number.isFinite(r.min)
            ? `${s.column} from ${valueLabel(r.min, unit)}`
            : Number.isFinite(r.max)
              ? `${s.column} below ${valueLabel(r.max, unit)}`
              : s.column === ''
                ? ''
                : `any ${s.column}`;
      const more = s.rectangles.length > 1 ? `, and ${s.rectangles.length - 1} more` : '';
      return `${bounds}${bounds && ', '}${time}${more}`;
    }
    case 'groups': {
      const one = (g: Record<string, Cell>): string =>
        Object.entries(g)
          .map(([k, v]) => `${k} = ${isolated(cellText(v))}`)
          .join(', ');
      const words = s.groups.slice(0, 3).map(one).join(' or ');
      return s.groups.length > 3 ? `${words} or ${s.groups.length - 3} more groups` : words;
    }
    case 'filter':
      return s.text;
    case 'traces':
      return s.ids.length === 1 ? `the trace ${s.ids[0]}` : `${s.ids.length} traces`;
  }
}

/** Both sizes, in words. */
export function sidesWords(t: Sides, swap: boolean, b: Baseline = rest): string {
  const other = { rest: 'baseline', previous: 'in the period before', groups: 'in the baseline' }[b.type];
  const swapped = b.type === 'rest' ? 'in the rest' : other;
  return swap
    ? `${count(t.baseline)} ${swapped} · ${count(t.selection)} in the selection`
    : `${count(t.selection)} in selection · ${count(t.baseline)} ${other}`;
}

/** Fields as they are listed: ranked ones, and the folded groups. */
export function folded(fields: FieldDifference[]): { ranked: FieldDifference[]; groups: { title: string; fields: FieldDifference[] }[] } {
  const of = (c: FieldDifference['class']): FieldDifference[] => fields.filter((f) => f.class === c);
  const plural = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;
  const groups = [
    {
      fields: of('selected'),
      title: (n: number) => plural(n, 'field that the selection is made by', 'fields that the selection is made by'),
    },
    { fields: of('id_like'), title: (n: number) => plural(n, 'id-like field', 'id-like fields') },
    {
      fields: of('constant'),
      title: (n: number) => plural(n, 'field that is the same on both sides', 'fields that are the same on both sides'),
    },
    { fields: of('rare'), title: (n: number) => plural(n, 'field that few events have', 'fields that few events have') },
  ];
  return {
    ranked: of('ranked'),
    groups: groups.filter((g) => g.fields.length > 0).map((g) => ({ title: g.title(g.fields.length), fields: g.fields })),
  };
}
