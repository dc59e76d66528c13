// Logs Insights QL as the editor takes it.
import { useMemo } from 'react';

import type { Completion, Language } from '../../../query/editor/Editor';
import { helpAt, placeOf, suggest, valueText, type Known, type Suggestion } from '../../../query/insights/complete';
import { pieces } from '../../../query/insights/lex';
import { useValues } from './useKnown';

export function insightsLanguage(known: Known): Language {
  return {
    name: 'Logs Insights query',
    hint: 'Tab takes a suggestion, Ctrl Space asks for one, Ctrl Enter runs, ↑ at the start goes back in history',
    pieces,
    help: (text, at) => helpAt(text, at, known),
  };
}

/** What can be typed at the caret, values of fields from what is stored. */
export function useInsightsCompletion(
  known: Known,
  datasets: readonly string[],
  from: string,
  to: string,
  text: string,
  caret: number,
  focused: boolean,
): Completion {
  const place = useMemo(() => placeOf(text, caret), [text, caret]);
  const { wanted } = place;
  const values = useValues(datasets, from, to, focused && wanted.kind === 'value' ? wanted.field : '', place.prefix);
  const list: readonly Suggestion[] = useMemo(
    () =>
      wanted.kind === 'value'
        ? values.map((v) => ({
            label: String(v.value).slice(0, 200),
            insert: valueText(v.value, wanted.quote),
            detail: (v.atLeast ? '≥ ' : '') + v.count.toLocaleString('en'),
          }))
        : suggest(place, known),
    [place, wanted, values, known],
  );
  return {
    from: place.from,
    prefix: place.prefix,
    list,
    quote: wanted.kind === 'value' ? wanted.quote : '',
    eager: wanted.kind === 'value' || /[|(]\s*$|^\s*\w+\s$/.test(text.slice(0, caret)),
  };
}
