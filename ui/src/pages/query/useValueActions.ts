import { useMemo } from 'react';

import { go, setParams } from '../../app/location';
import { filterText, type FieldValue } from '../../query/copyAs';
import { ident } from '../../query/lex';
import { whereText } from '../../query/print';
import type { Question, Simple, Where } from '../../query/question';
import type { Draft } from './draft';
import type { ValueActions } from '../../query/bubble/CellMenu';
import type { Cell } from '../../query/cell';
import { encodeView, type QueryState } from './url';

/** One more condition that must hold; a whole OR becomes one part of an AND. */
export function withTerm(where: Where, term: Simple): Where {
  const text = JSON.stringify(term);
  if (!where.any || where.terms.length < 2) {
    return where.terms.some((t) => JSON.stringify(t) === text) ? where : { any: false, terms: [...where.terms, term] };
  }
  return { any: false, terms: [{ text: whereText(where), joined: true }, term] };
}

/** The condition that picks a value of a field, or its absence. */
export function pickText(field: string, value: Cell): string {
  return value === null ? `${ident(field)} does-not-exist` : filterText(field, value as FieldValue);
}

/** The same as a term of a question. */
export function pickTerm(field: string, value: Cell): Simple {
  return value === null ? { column: field, op: 'does-not-exist' } : { column: field, op: '=', value: value as FieldValue };
}

/** What the value menu does on this page: it changes the question and runs it. */
export function useValueActions(draft: Draft, ask: (q: Question) => void, state: QueryState): ValueActions {
  const { from, to } = state;
  return useMemo(
    () => ({
      filter: (field, op, value) => {
        const q = draft.get();
        const term: Simple =
          op === 'exists' || op === 'does-not-exist' ? { column: field, op } : { column: field, op, value: value as FieldValue };
        ask({ ...q, where: withTerm(q.where, term) });
      },
      group: (field) => {
        const q = draft.get();
        ask({ ...q, by: [...new Set([...q.by, field])] });
      },
      bubble: (field, value) =>
        setParams(encodeView({ sel: [{ type: 'filter', text: pickText(field, value) }], bubble: true, swap: false })),
      traces: (field, value) => go(`/traces?${new URLSearchParams({ from, to, q: pickText(field, value) }).toString()}`),
    }),
    [draft, ask, from, to],
  );
}
