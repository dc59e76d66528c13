// From a point of a chart to the trace behind it, opened at the matching span.
import { post } from '../../api/client';
import { go } from '../../app/location';
import type { Question, Simple } from '../../query/question';
import { bodyOf } from './data';
import type { Answer } from './result';
import { withTerm } from './useValueActions';

export interface Wanted {
  /** The time in ns. */
  from: string;
  to: string;
  /** The event with the largest value of this field; none: the slowest. */
  by?: string;
  smallest?: boolean;
  /** Conditions besides those of the question. */
  terms: Simple[];
}

/** The body that asks for the event. */
export function exampleBody(dataset: string, q: Question, answer: Answer, want: Wanted): Record<string, unknown> {
  return {
    ...bodyOf(dataset, { ...q, where: want.terms.reduce(withTerm, q.where) }, answer),
    from: want.from,
    to: want.to,
    ...(want.by && { by: want.by }),
    ...(want.smallest && { order: 'asc' }),
  };
}

/** Opens the trace of the event that matches best; throws where there is none. */
export async function openExample(dataset: string, q: Question, answer: Answer, want: Wanted): Promise<void> {
  const found = await post<{ trace_id: string; span_id: string }>('example', exampleBody(dataset, q, answer, want));
  go(`/trace/${encodeURIComponent(found.trace_id)}${found.span_id && `?span=${encodeURIComponent(found.span_id)}`}`);
}
