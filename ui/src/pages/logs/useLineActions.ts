import { useMemo } from 'react';

import { go, setParams } from '../../app/location';
import type { ValueActions } from '../../query/bubble/CellMenu';
import type { Cell } from '../../query/cell';
import { filterText, type FieldValue } from '../../query/copyAs';
import { ident } from '../../query/lex';
import { encode, whole, type LogsState } from './url';

/** The condition that picks a value of a field, or its absence. */
export function pickText(field: string, value: Cell, op: '=' | '!=' | '>' | '<' = '='): string {
  return value === null ? `${ident(field)} does-not-exist` : filterText(field, value as FieldValue, op);
}

/** What the value menu does on the Logs pages: conditions join those beside the bar, whose text is a filter elsewhere. */
export function useLineActions(state: LogsState, filter: string): ValueActions {
  const key = JSON.stringify([state, filter]);
  return useMemo<ValueActions>(() => {
    const add = (text: string): void => {
      if (!state.where.includes(text)) setParams(encode({ where: [...state.where, text], at: '' }));
    };
    return {
      filter: (field, op, value) => add(op === 'exists' || op === 'does-not-exist' ? `${ident(field)} ${op}` : pickText(field, value, op)),
      group: (field) =>
        go(
          `/query?${new URLSearchParams({ calc: 'COUNT', by: ident(field), where: [whole(state), ...(filter === '' ? [] : [`(${filter})`])].join(' AND '), from: state.from, to: state.to }).toString()}`,
        ),
      bubble: (field, value) =>
        setParams(encode({ sel: [{ type: 'filter', text: pickText(field, value) }], bubble: true, swap: false, line: '' })),
      traces: (field, value) =>
        go(`/traces?${new URLSearchParams({ from: state.from, to: state.to, q: pickText(field, value) }).toString()}`),
      column: (field) =>
        setParams(encode({ cols: state.cols.includes(field) ? state.cols.filter((c) => c !== field) : [...state.cols, field] }), true),
    };
    // The key says all that it depends on.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);
}
