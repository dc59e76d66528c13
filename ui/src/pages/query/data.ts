// What the page asks the server beside the query itself.
import { useMemo } from 'react';

import { get } from '../../api/client';
import { useLoad } from '../../api/useLoad';
import { retainedOf, useRetained, type Retained } from '../../app/retained';
import type { Field } from '../../query/complete';
import { madeOf } from '../../query/made';
import { questionText } from '../../query/print';
import { toSpec } from '../../query/spec';
import type { Question, Span } from '../../query/question';
import { parseLength } from '../../time/range';
import type { Answer } from './result';

export const every = '__all__';

export interface Dataset {
  slug: string;
  rows: number;
  first: string;
  last: string;
  kept_from?: string;
}

export function useDatasets(env: string): Dataset[] | undefined {
  return useLoad(`datasets ${env}`, async (signal) => (await get<{ datasets: Dataset[] | null }>('storage', {}, signal)).datasets ?? [])
    .data;
}

/** The datasets to choose from; the one that is asked is among them though nothing was stored in it. */
export function named(dataset: string, datasets: readonly { slug: string }[]): string[] {
  const slugs = datasets.map((d) => d.slug).filter((slug) => slug !== every);
  return dataset === every || slugs.includes(dataset) ? slugs : [dataset, ...slugs];
}

/** How far back there are events of a dataset; of all of them it is what the app knows. */
export function useRetainedOf(dataset: string, datasets: Dataset[] | undefined): Retained {
  const all = useRetained();
  return useMemo(() => {
    const one = datasets?.find((d) => d.slug === dataset);
    return one ? retainedOf(one, Date.now()) : all;
  }, [all, dataset, datasets]);
}

/** The fields of a dataset; those of another, which were shown before, are none of them. */
export function useFields(env: string, dataset: string): Field[] | undefined {
  const key = `fields ${env} ${dataset}`;
  const { data } = useLoad(key, (signal) =>
    get<{ fields: Field[] | null }>('fields', { dataset }, signal).then(
      (r) => ({ key, fields: r.fields ?? [] }),
      () => ({ key, fields: [] }), // completion is a help only
    ),
  );
  return data?.key === key ? data.fields : undefined;
}

/** The address's time as a question has it: seconds, relative where it is. */
export function spanOf(from: string, to: string, now: number): Span {
  const length = from.startsWith('now-') ? parseLength(from.slice(4)) : undefined;
  if (to === 'now' && length !== undefined) return { range: Math.max(Math.round(length / 1000), 1) };
  const second = (text: string, up: boolean): number => {
    if (/^\d{11,19}$/.test(text)) return Number((BigInt(text) + (up ? 999_999_999n : 0n)) / 1_000_000_000n);
    if (/^\d{1,10}$/.test(text)) return Number(text);
    const ms = text === 'now' ? now : text.startsWith('now-') ? now - (parseLength(text.slice(4)) ?? 0) : Date.parse(text);
    return Number.isNaN(ms) ? Math.floor(now / 1000) : up ? Math.ceil(ms / 1000) : Math.floor(ms / 1000);
  };
  const start = second(from, false);
  return { start, end: Math.max(second(to, true), start + 1) };
}

/** Whether a question holds what its text does not say. */
function hasMore(q: Question): boolean {
  return Object.keys(q.rest ?? {}).some((name) => name !== 'calculated_fields' && name !== 'formulas');
}

/** The body that asks the server: text where it can say all, so that numbers stay exact. */
export function askBody(dataset: string, q: Question, span: Span): Record<string, unknown> {
  return { dataset, ...(hasMore(q) ? { query: toSpec(q, span) } : { text: questionText(q, span) }) };
}

/** The server follows no more groups over time; of more there are figures alone. */
export const mostFollowed = 1000;

export function followed(q: Question): boolean {
  return (q.limit ?? 0) <= mostFollowed;
}

/** The body that asks about the events of an answer: the same question with its exact bounds. */
export function bodyOf(dataset: string, q: Question, answer: Answer): Record<string, unknown> {
  const { start, end } = answer.result;
  return askBody(dataset, { ...q, orders: [], havings: [], compare: undefined, limit: undefined, step: undefined }, spanOf(start, end, 0));
}

/** Fields that the question names and no event has. */
export function unknownFields(q: Question, fields: Field[] | undefined): string[] {
  if (!fields || fields.length === 0) return [];
  const known = new Set(fields.map((f) => f.name));
  const named = [
    ...q.by,
    ...q.calcs.flatMap((c) => c.column ?? []),
    ...q.where.terms.flatMap((c) => ('column' in c && c.op !== 'does-not-exist' ? [c.column] : [])),
  ];
  const relation = /^(root|parent|child|any\d?|none)\./;
  const calculated = new Set(madeOf(q, 'calculated_fields').map((f) => f.name));
  return [...new Set(named)].filter((f) => !known.has(f) && !calculated.has(f) && !relation.test(f) && f !== 'timestamp');
}

/** Whether any event has the message of a log line. */
export function hasLines(fields: Field[] | undefined): boolean {
  return fields?.some((f) => f.name === 'body') ?? false;
}
