// What is picked to be compared with the rest, in the address and as the server takes it.

export interface Rectangle {
  start: string;
  end: string;
  min: number;
  max: number;
}

export type FieldValue = string | number | boolean | null;

export type Selection =
  /** Times in ns; without a column only the time counts. */
  | { type: 'range'; column: string; rectangles: Rectangle[] }
  | { type: 'groups'; groups: Record<string, FieldValue>[] }
  | { type: 'filter'; text: string }
  | { type: 'traces'; ids: string[] };

/** One parameter for each part: r is a rectangle, g a group, f a filter, t traces. */
export function encodeSelections(list: Selection[]): string[] {
  return list.flatMap((s) => {
    switch (s.type) {
      case 'range':
        return s.rectangles.map((r) => `r:${r.start}:${r.end}:${bound(r.min)}:${bound(r.max)}:${s.column}`);
      case 'groups':
        return s.groups.map((g) => `g:${JSON.stringify(g)}`);
      case 'filter':
        return [`f:${s.text}`];
      case 'traces':
        return [`t:${s.ids.join(',')}`];
    }
  });
}

const bound = (n: number): string => (Number.isFinite(n) ? String(n) : '');

/** Reads the parameters; parts of one kind join, the first kind wins, and nonsense is left out. */
export function decodeSelections(texts: string[]): Selection[] {
  const out: Selection[] = [];
  for (const text of texts) {
    const s = decodeOne(text);
    const last = out[0];
    if (!s || (last && last.type !== s.type)) continue;
    if (!last) out.push(s);
    else if (last.type === 'range' && s.type === 'range' && last.column === s.column) last.rectangles.push(...s.rectangles);
    else if (last.type === 'groups' && s.type === 'groups') last.groups.push(...s.groups);
    else if (last.type === 'traces' && s.type === 'traces') last.ids.push(...s.ids);
  }
  return out;
}

function decodeOne(text: string): Selection | undefined {
  const range = /^r:(\d{1,19}):(\d{1,19}):([^:]*):([^:]*):(.*)$/s.exec(text);
  if (range) {
    const [, start, end, min, max, column] = range as unknown as [string, string, string, string, string, string];
    const r = { start, end, min: min === '' ? -Infinity : Number(min), max: max === '' ? Infinity : Number(max) };
    return BigInt(start) < BigInt(end) && r.min <= r.max ? { type: 'range', column, rectangles: [r] } : undefined;
  }
  if (text.startsWith('g:')) {
    try {
      const g = JSON.parse(text.slice(2)) as unknown;
      const ok = typeof g === 'object' && g !== null && Object.values(g).every((v) => v === null || typeof v !== 'object');
      return ok ? { type: 'groups', groups: [g as Record<string, FieldValue>] } : undefined;
    } catch {
      return undefined;
    }
  }
  if (text.startsWith('f:') && text.length > 2) return { type: 'filter', text: text.slice(2) };
  if (/^t:[\w,-]+$/.test(text)) return { type: 'traces', ids: text.slice(2).split(',') };
  return undefined;
}

/** The selection as the server takes it: no bound is an absent one. */
export function forServer(s: Selection): unknown {
  if (s.type !== 'range') return s;
  return {
    ...s,
    rectangles: s.rectangles.map((r) => ({
      start: r.start,
      end: r.end,
      ...(Number.isFinite(r.min) && { min: r.min }),
      ...(Number.isFinite(r.max) && { max: r.max }),
    })),
  };
}

/** What the selection is compared with: everything else, the period before, or a group. */
export type Baseline = { type: 'rest' } | { type: 'previous' } | { type: 'groups'; groups: Record<string, FieldValue>[] };

export interface BaselineChoice {
  label: string;
  baseline: Baseline;
}

export const rest: Baseline = { type: 'rest' };

/** A parameter: none is everything else. */
export function encodeBaseline(b: Baseline): string | undefined {
  return b.type === 'rest' ? undefined : b.type === 'previous' ? 'previous' : encodeSelections([b])[0];
}

export function decodeBaseline(text: string | null): Baseline {
  if (text === 'previous') return { type: 'previous' };
  const s = decodeOne(text ?? '');
  return s?.type === 'groups' ? s : rest;
}

export function sameBaseline(a: Baseline, b: Baseline): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The baseline after a share of it: "4 % of the rest". */
export function afterShare(b: Baseline): string {
  return b.type === 'previous' ? 'before' : b.type === 'groups' ? 'of the baseline' : 'of the rest';
}
