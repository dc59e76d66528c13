// What an item's page shows, as its address says it.

export const tabs = [
  ['occurrence', 'Occurrence'],
  ['occurrences', 'Occurrences'],
  ['breakdown', 'Breakdown'],
  ['people', 'People'],
  ['versions', 'Versions and deploys'],
  ['related', 'Related'],
  ['activity', 'Activity'],
  ['grouping', 'Grouping'],
] as const;
export type Tab = (typeof tabs)[number][0];

export const spans = ['1h', '24h', '7d', '30d', '90d'] as const;
export type Span = (typeof spans)[number];

/** What of an occurrence is shown. */
export const views = ['told', 'raw'] as const;

export interface ItemState {
  tab: Tab;
  /** latest, oldest, typical or the id of an occurrence. */
  which: string;
  view: (typeof views)[number];
  span: Span;
  /** The table's columns; none are the usual ones. */
  cols: string[];
  /** A stretch of time picked on the chart, ns. */
  from: string;
  to: string;
  bubble: boolean;
  swap: boolean;
}

const ns = /^\d{10,19}$/;

/** Reads a path and its parameters; what makes no sense falls back. */
export function decode(path: string, p: URLSearchParams): { id: string; state: ItemState } {
  const m = /^\/errors\/(\d{1,18})(?:\/([^/]+))?\/?$/.exec(path);
  const which = m?.[2] ?? p.get('which') ?? '';
  const [from, to] = [p.get('from') ?? '', p.get('to') ?? ''];
  const picked = ns.test(from) && ns.test(to) && BigInt(from) < BigInt(to);
  return {
    id: m?.[1] ?? '',
    state: {
      tab: tabs.find(([t]) => t === (p.get('tab') ?? m?.[2]))?.[0] ?? 'occurrence',
      which: /^(?:oldest|typical|\d{1,18})$/.test(which) ? which : 'latest',
      view: p.get('view') === 'raw' ? 'raw' : 'told',
      span: spans.find((s) => s === p.get('span')) ?? '24h',
      cols: p
        .getAll('cols')
        .filter((c) => c.length <= 200)
        .slice(0, 50),
      from: picked ? from : '',
      to: picked ? to : '',
      bubble: p.get('bubble') === '1',
      swap: p.get('swap') === '1',
    },
  };
}

/** The address of a state of an item; what the address has beside it stays. */
export function addressOf(id: string, s: ItemState, beside = new URLSearchParams()): string {
  const p = new URLSearchParams([...beside].filter(([name]) => name === 'env'));
  const put = (name: string, value: string, usual = ''): void => {
    if (value !== usual) p.set(name, value);
  };
  const isId = /^\d+$/.test(s.which);
  put('tab', s.tab, 'occurrence');
  if (!isId) put('which', s.which, 'latest');
  put('view', s.view, 'told');
  put('span', s.span, '24h');
  for (const c of s.cols) p.append('cols', c);
  put('from', s.from);
  put('to', s.to);
  put('bubble', s.bubble ? '1' : '');
  put('swap', s.swap ? '1' : '');
  const text = p.toString();
  return `/errors/${id}${isId ? `/${s.which}` : ''}${text && `?${text}`}`;
}
