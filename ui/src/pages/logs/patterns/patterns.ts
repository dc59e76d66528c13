// Patterns of log lines as the server finds them, and their order.
import { lineLevel, lineLevels, type LineLevel } from '../lines';

export interface Part {
  text: string;
  /** Of a wildcard. */
  class?: string;
  name?: string;
  values?: [string, number][];
}

export interface Pattern {
  id: string;
  text: string;
  parts: Part[];
  regex: string;
  /** A condition that finds its lines; empty where there is none. */
  filter: string;
  count: number;
  share: number;
  severity: Record<string, number> | null;
  trend: number[] | null;
  samples: string[] | null;
  /** ns from the base; absent where nothing is there now. */
  first?: number;
  last?: number;
  before: number;
  before_share: number;
  change: 'new' | 'gone' | 'risen' | 'fallen' | 'same' | '';
  /** Messages that were too many different ones. */
  rest: boolean;
}

export const orders = ['change', 'count', 'first'] as const;
export type Order = (typeof orders)[number];

const changeRank: Readonly<Record<Pattern['change'], number>> = { new: 0, risen: 1, gone: 2, fallen: 3, same: 4, '': 4 };

/** What is new or risen first, else the most frequent, else what appeared last. */
export function ordered(list: readonly Pattern[], order: Order): Pattern[] {
  const by = (a: Pattern, b: Pattern): number =>
    Number(a.rest) - Number(b.rest) ||
    (order === 'change' ? changeRank[a.change] - changeRank[b.change] : order === 'first' ? (b.first ?? -1) - (a.first ?? -1) : 0) ||
    b.count - a.count ||
    b.before - a.before;
  return [...list].sort(by);
}

/** Shares of the levels of a pattern, the worst first. */
export function levelMix(severity: Pattern['severity']): { level: LineLevel; share: number; count: number }[] {
  const counts = new Map<LineLevel, number>();
  for (const [word, n] of Object.entries(severity ?? {})) counts.set(lineLevel(word), (counts.get(lineLevel(word)) ?? 0) + n);
  const total = [...counts.values()].reduce((a, b) => a + b, 0);
  return lineLevels.flatMap((level) => {
    const count = counts.get(level) ?? 0;
    return count > 0 ? [{ level, count, share: count / total }] : [];
  });
}

/** How a pattern changed, in words. */
export function changeWords(p: Pattern): string {
  switch (p.change) {
    case 'new':
      return 'new';
    case 'gone':
      return 'gone';
    case 'risen':
    case 'fallen': {
      const factor = p.change === 'risen' ? p.share / p.before_share : p.before_share / p.share;
      const times = Number.isFinite(factor) ? ` ×${'\u2009'}${factor >= 10 ? Math.round(factor) : factor.toFixed(1)}` : '';
      return `${p.change === 'risen' ? '↑' : '↓'}${times}`;
    }
    default:
      return '';
  }
}

/** Whether a pattern holds words, in its text, values or samples. */
export function holds(p: Pattern, words: string): boolean {
  const needle = words.trim().toLowerCase();
  return (
    needle === '' ||
    p.text.toLowerCase().includes(needle) ||
    p.parts.some((x) => (x.values ?? []).some(([v]) => v.toLowerCase().includes(needle))) ||
    (p.samples ?? []).some((s) => s.toLowerCase().includes(needle))
  );
}
