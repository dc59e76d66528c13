// What the Logs search asks the server.
import { useEffect, useMemo, useState } from 'react';

import { ApiError, asApiError, get, post, stream } from '../../api/client';
import { useLoad, type Loaded } from '../../api/useLoad';
import type { FieldDifference } from '../../query/bubble/bubble';
import type { Cell } from '../../query/cell';
import { parseWhere } from '../../query/parse';
import { resolve } from '../../time/range';
import { Feed, type Load, type Order } from './feed';
import { isMoment, linesOf, timeOf, usualFields, type EventsPage } from './lines';
import { datasetOf, whole, type LogsState } from './url';

/** One look at the lines: what it is about, with exact bounds that all parts of it share. */
export interface Look {
  key: string;
  dataset: string;
  /** The bar's text, which the server reads. */
  search: string;
  /** All other conditions, and all but those on levels. */
  where: string;
  anyLevel: string;
  /** ms since 1970. */
  fromMs: number;
  toMs: number;
}

/** Seconds are as exact as a question's bounds are. */
function questionOf(look: Pick<Look, 'fromMs' | 'toMs'>, where: string, clauses = ''): string {
  const from = Math.floor(look.fromMs / 1000);
  const to = Math.max(Math.ceil(look.toMs / 1000), from + 1);
  return `VISUALIZE COUNT WHERE ${where}${clauses} FROM ${from} TO ${to}`;
}

/** A relative range is resolved anew when anything of the look changes, or by another turn. */
export function useLook(state: LogsState, env: string, turn: number): Look {
  const { from, to, groups, q } = state;
  const where = whole(state);
  const key = JSON.stringify([from, to, groups, where, q, env, turn]);
  return useMemo(() => {
    const [fromMs, toMs] = resolve({ from, to }, Date.now());
    return { key, dataset: datasetOf(groups), search: q, where, anyLevel: whole(state, false), fromMs, toMs };
    // The key says all that it depends on.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);
}

/** What every question about a look says. */
export function asked(look: Look, where: string, clauses = ''): { dataset: string; text: string; search?: string } {
  return { dataset: look.dataset, text: questionOf(look, where, clauses), ...(look.search.trim() !== '' && { search: look.search }) };
}

/** How long one page may take before it says how far it has come, in ms. */
const patience = 2_000;

/** Bytes of a text that a list takes; a longer one is read whole when somebody opens it. */
const mostText = 4096;

const columnsOf = (cols: readonly string[]): string[] => [...new Set([...usualFields, ...cols])];

/** Loads pages of lines that meet a condition. */
function linesLoader(look: Look, cols: readonly string[]): Load {
  const body = { ...asked(look, look.where), columns: columnsOf(cols), within_ms: patience, text_bytes: mostText };
  return {
    page: async (order, after, limit, signal) => {
      const page = await post<EventsPage & { scanned: number }>(
        'events',
        { ...body, order, limit, ...(after && { cursor: after }) },
        signal,
      );
      return { lines: linesOf(page), next: page.next, reached: page.reached ?? '', scanned: page.scanned };
    },
    around: async (order, at, limit, signal) => linesOf(await post<EventsPage>('events', { ...body, order, limit, around: at }, signal)),
    whole: async (line, signal) => {
      const page = await lineAt(line.dataset, line.at, signal, columnsOf(cols));
      return linesOf(page)[page.at ?? -1];
    },
  };
}

/** The lines of a look; around a position where one is given. */
export function useFeed(look: Look, order: Order, cols: readonly string[], around: string): Feed {
  const columns = cols.join('\n');
  const feed = useMemo(
    () => new Feed(order, linesLoader(look, cols)),
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [look.key, order, columns],
  );
  useEffect(() => {
    if (around) void (isMoment(around) ? feed.between(around) : feed.around(around));
    else void feed.start();
    return () => feed.close();
    // Where the list begins counts only when it begins.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [feed]);
  return feed;
}

export interface Histogram {
  /** ms since 1970 and ms. */
  start: number;
  step: number;
  count: number;
  /** Counts by bucket, by the word of the level. */
  levels: { level: string; values: (number | null)[]; total: number }[];
  scanned: number;
  elapsedMs: number;
  complete: boolean;
  resultEndMs: number;
}

interface Series {
  start: string;
  step: number;
  count: number;
  groups: { key: Cell[]; values: Record<string, (number | null)[]> }[];
}

type QueryLine =
  | { type: 'plan' }
  | { type: 'progress'; share: number; scanned: number; elapsed_ms: number }
  | { type: 'done'; result: { series?: Series; end: string }; elapsed_ms: number; scanned: number; complete: boolean };

export interface Asked<T> {
  data: T | undefined;
  error: ApiError | undefined;
  running: boolean;
  share: number;
}

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 604_800];

/** Seconds of a bucket so that there are about so many. */
function stepFor(lengthMs: number, buckets: number): number {
  return steps.find((s) => lengthMs / 1000 / s <= buckets) ?? steps.at(-1)!;
}

/** Lines over time by level, over all levels: chips count those that are left out, too. */
export function useHistogram(look: Look, buckets: number): Asked<Histogram> {
  const [state, setState] = useState<Asked<Histogram>>({ data: undefined, error: undefined, running: true, share: 0 });
  const step = stepFor(look.toMs - look.fromMs, buckets);
  const ready = buckets > 0;
  useEffect(() => {
    if (!ready) return;
    const abort = new AbortController();
    setState((s) => ({ ...s, running: true, share: 0 }));
    const body = {
      ...asked(look, look.anyLevel, ` GROUP BY severity GRANULARITY ${step}s`),
      series: true,
      quiet: true,
    };
    const onLine = (line: QueryLine): void => {
      if (line.type === 'progress') setState((s) => ({ ...s, share: line.share }));
      else if (line.type === 'done') setState({ data: histogramOf(line), error: undefined, running: false, share: 1 });
    };
    stream<QueryLine>('query', body, onLine, abort.signal).catch((e: unknown) => {
      if (abort.signal.aborted) return;
      const error = asApiError(e);
      setState((s) => ({ ...s, error, running: false }));
    });
    return () => abort.abort();
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [look.key, step, ready]);
  return state;
}

function histogramOf(line: Extract<QueryLine, { type: 'done' }>): Histogram {
  const { series } = line.result;
  const levels = (series?.groups ?? []).map((g) => {
    const values = g.values.COUNT ?? [];
    return { level: String(g.key[0] ?? ''), values, total: values.reduce<number>((a, b) => a + (b ?? 0), 0) };
  });
  return {
    start: series ? Number(BigInt(series.start) / 1_000_000n) : 0,
    step: series ? series.step / 1e6 : 1,
    count: series?.count ?? 0,
    levels,
    scanned: line.scanned,
    elapsedMs: line.elapsed_ms,
    complete: line.complete,
    resultEndMs: Number(BigInt(line.result.end) / 1_000_000n),
  };
}

export interface Dataset {
  slug: string;
  name: string;
  rows: number;
  lines: number;
  /** Rows that came to a log group. */
  grouped: number;
  bytes: number;
  first: string;
  last: string;
}

/** Datasets that hold lines, by name. */
export function useGroups(env: string, turn: number): Dataset[] | undefined {
  const found = useLoad(
    `groups ${env} ${turn}`,
    async (signal) => (await get<{ datasets: Dataset[] | null }>('storage', {}, signal)).datasets ?? [],
  );
  return useMemo(() => found.data?.filter((d) => d.lines > 0).sort((a, b) => a.name.localeCompare(b.name)), [found.data]);
}

/** A page that holds a line, with its texts whole; without columns with all its fields. */
function lineAt(dataset: string, at: string, signal?: AbortSignal, columns?: readonly string[]): Promise<EventsPage> {
  const second = Number(BigInt(timeOf(at)) / 1_000_000_000n);
  const text = `VISUALIZE COUNT WHERE meta.signal_type = "log" FROM ${second} TO ${second + 1}`;
  return post<EventsPage>('events', { dataset, text, limit: 2, around: at, ...(columns && { columns }) }, signal);
}

/** One line with all its fields. */
export function useWholeLine(look: Look, at: string): Loaded<Map<string, Cell> | undefined> {
  return useLoad(`line ${look.dataset} ${at}`, async (signal) => {
    if (at === '') return undefined;
    const page = await lineAt(look.dataset, at, signal);
    const row = page.rows[page.at ?? -1];
    const fields = new Map<string, Cell>();
    page.columns.forEach((c, k) => {
      const v = row?.[k] ?? null;
      if (v !== null) fields.set(c, v);
    });
    return fields;
  });
}

export interface FieldFacts extends FieldDifference {
  /** Share of the lines that have it. */
  fill: number;
}

/** What a line is made of, not what it says. */
const plumbing = /^(?:body|flags|severity_code|severity_text|meta\.\w+|_.*)$/;

/** Fields of the lines, the most telling first. */
export function usefulFirst(fields: readonly FieldDifference[]): FieldFacts[] {
  const rank = { ranked: 0, selected: 0, id_like: 1, constant: 2, rare: 3 };
  return fields
    .filter((f) => !plumbing.test(f.name) && f.present.selection > 0)
    .map((f) => ({ ...f, fill: f.present.selection }))
    .sort((a, b) => rank[a.class] - rank[b.class] || b.score - a.score || a.name.localeCompare(b.name));
}

/** Names of all fields that a dataset ever had; asked for only when they are wanted. */
export function useFieldNames(env: string, dataset: string, wanted: boolean): ReadonlySet<string> | undefined {
  const { data } = useLoad(`names ${env} ${dataset} ${wanted}`, async (signal) =>
    wanted
      ? get<{ fields: { name: string }[] | null }>('fields', { dataset: dataset.includes(',') ? '__all__' : dataset }, signal)
      : undefined,
  );
  return useMemo(() => (data ? new Set((data.fields ?? []).map((f) => f.name)) : undefined), [data]);
}

/** Fields that conditions name and no line has. */
export function unknownFields(bar: string, where: readonly string[], known: ReadonlySet<string> | undefined): string[] {
  if (!known) return [];
  const names = [bar, ...where].flatMap((text) => {
    try {
      return parseWhere(text).terms.flatMap((t) => ('column' in t && t.op !== 'does-not-exist' ? [t.column] : []));
    } catch {
      return []; // the server says what is wrong with it
    }
  });
  return [...new Set(names)].filter((n) => !known.has(n));
}
