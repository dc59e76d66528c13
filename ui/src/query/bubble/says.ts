// What sets a selection apart, said once: fields that say the same are one clause.
import { valueLabel } from '../../charts/scale';
import { cellText, unitOf, type Cell } from '../cell';
import { percent, valueShares, type FieldDifference, type Sides } from './bubble';

export interface Clause {
  field: string;
  /** undefined: no one value is said. */
  value: Cell | undefined;
  words: string;
  /** Shares of both sides that it holds for; of numbers, none. */
  shares: Sides | undefined;
  /** Other fields of which the same is true of the same events, as far as can be seen. */
  alike: string[];
}

/** Less says nothing. */
const least = 0.05;
/** Shares nearer than this may be those of the same events. */
const near = 0.015;
const most = 3;

/** What is most different about one field; undefined if it is not worth a clause. */
function clauseOf(f: FieldDifference, totals: Sides, others: string): Clause | undefined {
  const m = f.histogram?.median;
  if (m && m.selection !== null && m.baseline !== null) {
    if (m.selection === m.baseline) return undefined;
    const unit = unitOf(f.name);
    const way = m.selection > m.baseline ? 'higher' : 'lower';
    const words = `${f.name} is ${way}: half are above ${valueLabel(m.selection, unit)}, ${others.replace(/^of/, 'in')} above ${valueLabel(m.baseline, unit)}`;
    return { field: f.name, value: undefined, words, shares: undefined, alike: [] };
  }
  const [best] = valueShares(f, totals, 50)
    .shown.filter((v) => v.value !== undefined && v.shares.selection - v.shares.baseline > least)
    .sort((a, b) => b.shares.selection - b.shares.baseline - (a.shares.selection - a.shares.baseline));
  if (!best) return undefined;
  const { selection, baseline } = best.shares;
  const what = best.absent ? `${f.name} is missing` : `${f.name} = ${short(cellText(best.value))}`;
  const words = `${what} in ${percent(selection)} of the selection, ${percent(baseline)} ${others}`;
  return { field: f.name, value: best.absent ? null : best.value, words, shares: best.shares, alike: [] };
}

const short = (text: string): string => (text === '' ? '""' : text.length > 80 ? `${text.slice(0, 80)}…` : text);

const same = (a: Clause, b: Clause): boolean =>
  a.shares !== undefined &&
  b.shares !== undefined &&
  Math.abs(a.shares.selection - b.shares.selection) < near &&
  Math.abs(a.shares.baseline - b.shares.baseline) < near;

/** A few clauses for ranked fields, most different first; a field that says what another one says is named with it. */
export function says(ranked: readonly FieldDifference[], totals: Sides, others: string): Clause[] {
  const out: Clause[] = [];
  for (const f of ranked) {
    if (f.score < least) break;
    const c = clauseOf(f, totals, others);
    if (!c) continue;
    const known = out.find((o) => same(o, c));
    if (known) known.alike.push(c.field);
    else if (out.length < most) out.push(c);
  }
  return out;
}
