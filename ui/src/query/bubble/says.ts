// What sets a selection apart, said once: what may be the cause comes first, and fields that say the same are one clause.
import { valueLabel } from '../../charts/scale';
import { cellText, isolated, unitOf, type Cell } from '../cell';
import { percent, valueShares, type FieldDifference, type Sides } from './bubble';

export interface Clause {
  field: string;
  /** undefined: no one value is said. */
  value: Cell | undefined;
  words: string;
  /** What it says without its shares; of other clauses with the same shares this is enough. */
  what: string;
  /** Shares of both sides that it holds for; of numbers, none. */
  shares: Sides | undefined;
  /** What else is true of the same events, as far as can be seen. */
  alike: string[];
}

/** Less says nothing. */
const least = 0.05;
/** Shares nearer than this may be those of the same events. */
const near = 0.015;
const most = 3;
/** What is nearly as different as the most different gives way to what people think in. */
const nearly = 0.85;
const wellKnown = ['service.name', 'http.route', 'name', 'service.version', 'host.name', 'cloud.region'];

/** That a number is higher, or that a field is missing, tells less than a value that is there. */
const ofNumbers = 0.67;
const ofMissing = 0.2;
/** How an event went follows from its cause, and how it came here has nothing to do with it. */
const ofOutcome = 0.15;
const outcome =
  /^(duration_ms|error|status|exception\.escaped|span\.num_(events|links)|otel\.status\b.*|(.*[._])?status[._]code|.*\.response\..*)$/;
const bookkeeping = /^(meta|telemetry|library|otel\.scope|resource)\.|^xray\.(document|annotations|metadata)$|^type$/;

/** What kind of event it is, and between whom, is true of many causes. */
const ofKind = 0.3;
const kind =
  /^(span\.kind|(http\.)?(request\.)?method|(client|server|peer)\.(address|port)|remote_(addr|ip)|net(work)?\..*|(url\.|http\.)?scheme|http\.flavor)$/;
/** Fewer events are no reason to say something, unless they are most of what is picked. */
const fewEvents = 5;

const weightOf = (name: string): number => (outcome.test(name) || bookkeeping.test(name) ? ofOutcome : kind.test(name) ? ofKind : 1);

interface Weighed extends Clause {
  strength: number;
}

/** What is most different about one field; undefined if it is not worth a clause. */
function clauseOf(f: FieldDifference, totals: Sides, others: string): Weighed | undefined {
  const weight = weightOf(f.name);
  const m = f.histogram?.median;
  if (m && m.selection !== null && m.baseline !== null) {
    if (m.selection === m.baseline) return undefined;
    const unit = unitOf(f.name);
    const what = `${f.name} is ${m.selection > m.baseline ? 'higher' : 'lower'}`;
    const words = `${what}: half are above ${valueLabel(m.selection, unit)}, ${others.replace(/^of/, 'in')} above ${valueLabel(m.baseline, unit)}`;
    return { field: f.name, value: undefined, words, what, shares: undefined, alike: [], strength: f.score * weight * ofNumbers };
  }
  const [best] = valueShares(f, totals, 50)
    .shown.filter((v) => v.value !== undefined && v.shares.selection - v.shares.baseline > least)
    .sort((a, b) => b.shares.selection - b.shares.baseline - (a.shares.selection - a.shares.baseline));
  if (!best || (best.counts.selection < fewEvents && best.shares.selection <= 0.5)) return undefined;
  const { selection, baseline } = best.shares;
  const said = (most: number): string => (best.absent ? `${f.name} is missing` : `${f.name} = ${short(cellText(best.value), most)}`);
  const what = said(40);
  const words = `${said(80)} in ${percent(selection)} of the selection, ${percent(baseline)} ${others}`;
  // The field may differ more than the one value of it that is said, and the value more than chance would have it.
  const strength = ((f.score + selection - baseline) / 2) * weight * (best.absent ? ofMissing : 1);
  return { field: f.name, value: best.absent ? null : best.value, words, what, shares: best.shares, alike: [], strength };
}

const short = (text: string, longest: number): string =>
  text === '' ? '""' : isolated(text.length > longest ? `${text.slice(0, longest)}…` : text);

const same = (a: Clause, b: Clause): boolean =>
  a.shares !== undefined &&
  b.shares !== undefined &&
  Math.abs(a.shares.selection - b.shares.selection) < near &&
  Math.abs(a.shares.baseline - b.shares.baseline) < near;

/** The strongest, or among those that are nearly as strong the best known; of those, what came first. */
function next(left: readonly Weighed[]): Weighed {
  const strongest = left.reduce((m, c) => Math.max(m, c.strength), 0);
  const known = (c: Weighed): number => (wellKnown.includes(c.field) ? wellKnown.indexOf(c.field) : wellKnown.length);
  const close = left.filter((c) => c.strength >= strongest * nearly);
  return close.reduce((a, b) => (known(b) < known(a) || (known(b) === known(a) && b.strength > a.strength) ? b : a));
}

/** A few clauses for ranked fields; what says the same as another one is said with it. */
export function says(ranked: readonly FieldDifference[], totals: Sides, others: string): Clause[] {
  const out: Clause[] = [];
  let left = ranked.flatMap((f) => (f.score < least ? [] : (clauseOf(f, totals, others) ?? [])));
  while (left.length > 0) {
    const c = next(left);
    left = left.filter((x) => x !== c);
    const known = out.find((o) => same(o, c));
    if (known) known.alike.push(c.value !== null ? c.what : known.value === null ? c.field : `${c.field} missing`);
    else if (out.length < most) out.push(c);
  }
  return out;
}
