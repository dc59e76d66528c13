// What the Logs search shows, as its address says it.
import { decodeSelections, encodeSelections, type Selection } from '../../query/bubble/selection';
import { isPosition, lineLevels, type LineLevel } from './lines';

const panels = ['fields', 'context', 'trace', 'raw'] as const;
export type Panel = (typeof panels)[number];

export interface LogsState {
  from: string;
  to: string;
  /** The bar's text. */
  q: string;
  /** Datasets; none are all. */
  groups: string[];
  levels: LineLevel[];
  /** Conditions beside the bar, each one line. */
  where: string[];
  cols: string[];
  wrap: boolean;
  order: 'asc' | 'desc';
  /** The position of the line that is open. */
  line: string;
  panel: Panel;
  /** The list begins at this position, though no line is open. */
  at: string;
  sel: Selection[];
  bubble: boolean;
  swap: boolean;
}

/** Reads an address; what makes no sense falls back. */
export function decode(p: URLSearchParams): LogsState {
  const place = (name: string): string => (isPosition(p.get(name) ?? '') ? p.get(name)! : '');
  const wanted = (p.get('level') ?? '').split(',');
  return {
    from: p.get('from') ?? 'now-1h',
    to: p.get('to') ?? 'now',
    q: p.get('q') ?? '',
    groups: p.getAll('group').filter((g) => /^[^,]{1,512}$/.test(g)),
    levels: lineLevels.filter((l) => wanted.includes(l)),
    where: p.getAll('where').filter((w) => w.trim() !== ''),
    cols: p.getAll('cols'),
    wrap: p.get('wrap') === '1',
    order: p.get('order') === 'asc' ? 'asc' : 'desc',
    line: place('line'),
    panel: panels.find((x) => x === p.get('panel')) ?? 'fields',
    at: place('at'),
    sel: decodeSelections(p.getAll('sel')),
    bubble: p.get('bubble') === '1',
    swap: p.get('swap') === '1',
  };
}

export type Params = Record<string, string | string[] | undefined>;

/** The parameters that give a state; defaults are left out. */
export function encode(s: Partial<LogsState>): Params {
  const out: Params = {};
  const put = (name: string, value: string | string[] | undefined): void => {
    out[name] = value;
  };
  if (s.from !== undefined) put('from', s.from);
  if (s.to !== undefined) put('to', s.to);
  if (s.q !== undefined) put('q', s.q || undefined);
  if (s.groups !== undefined) put('group', s.groups);
  if (s.levels !== undefined) put('level', s.levels.join(',') || undefined);
  if (s.where !== undefined) put('where', s.where);
  if (s.cols !== undefined) put('cols', s.cols);
  if (s.wrap !== undefined) put('wrap', s.wrap ? '1' : undefined);
  if (s.order !== undefined) put('order', s.order === 'asc' ? 'asc' : undefined);
  if (s.line !== undefined) put('line', s.line || undefined);
  if (s.panel !== undefined) put('panel', s.panel === 'fields' ? undefined : s.panel);
  if (s.at !== undefined) put('at', s.at || undefined);
  if (s.sel !== undefined) put('sel', encodeSelections(s.sel));
  if (s.bubble !== undefined) put('bubble', s.bubble ? '1' : undefined);
  if (s.swap !== undefined) put('swap', s.swap ? '1' : undefined);
  return out;
}

/** The address of a page of Logs with a state. */
export function addressOf(page: 'logs' | 'logs/tail', s: Partial<LogsState>): string {
  const p = new URLSearchParams();
  for (const [name, value] of Object.entries(encode(s))) {
    for (const v of Array.isArray(value) ? value : [value]) if (v !== undefined) p.append(name, v);
  }
  const text = p.toString();
  return `/${page}${text && `?${text}`}`;
}

export const onlyLines = 'meta.signal_type = "log"';

/** Lines of some levels as a condition; undefined for all. */
export function levelCondition(levels: readonly LineLevel[]): string | undefined {
  if (levels.length === 0 || levels.length === lineLevels.length) return undefined;
  const named = levels.filter((l) => l !== 'none');
  const parts = named.length > 0 ? [`severity in (${named.map((l) => `"${l}"`).join(', ')})`] : [];
  if (levels.includes('none')) parts.push('severity does-not-exist', 'severity = "unspecified"');
  return parts.length > 1 ? `(${parts.join(' OR ')})` : parts[0]!;
}

/** All conditions but the bar's as one. */
export function whole(s: Pick<LogsState, 'levels' | 'where'>, withLevels = true): string {
  const parts = [onlyLines];
  const levels = withLevels ? levelCondition(s.levels) : undefined;
  if (levels) parts.push(levels);
  for (const w of s.where) parts.push(/\s(?:AND|OR)\s/i.test(w) ? `(${w})` : w);
  return parts.join(' AND ');
}

/** Datasets as the API takes them. */
export function datasetOf(groups: readonly string[]): string {
  return groups.length > 0 ? groups.join(',') : '__all__';
}
