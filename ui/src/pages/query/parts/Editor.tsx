import { useEffect, useId, useRef, useState } from 'react';

import { get } from '../../../api/client';
import { TextError } from '../../../query/lex';
import { placeOf, suggest, valueText, type Clause, type Field, type Suggestion } from '../../../query/complete';
import type { Calc } from '../../../query/question';
import { Marked } from '../../../widgets/Marked';
import { Suggestions, useChoices } from '../../../widgets/Suggest';

/** What completion knows of the events and of the rest of the question. */
export interface Known {
  dataset: string;
  from: string;
  to: string;
  fields: Field[];
  calcs: Calc[];
  by: string[];
}

interface Props {
  clause: Clause;
  label: string;
  text: string;
  placeholder: string;
  known: Known;
  /** Takes the text as the new content; what it throws is said under it. */
  onCommit: (text: string) => void;
  onCancel: () => void;
  /** Backspace in an empty field. */
  onBack?: () => void;
  onPasteText?: (text: string) => boolean;
  fresh: boolean;
  inputRef?: React.RefObject<HTMLInputElement | null>;
}

/** One field that completes what is typed: fields, operators, values, calculations. */
export function Editor(props: Props): React.ReactElement {
  const { clause, known, onCommit } = props;
  const own = useRef<HTMLInputElement>(null);
  const input = props.inputRef ?? own;
  const id = useId();
  const [text, setText] = useState(props.text);
  const [caret, setCaret] = useState(props.text.length);
  const [focused, setFocused] = useState(false);
  const [error, setError] = useState<{ at: number; message: string }>();
  const place = placeOf(clause, text, caret);
  const values = useValues(known, focused && place.wanted.kind === 'value' ? place.wanted.column : '', place.prefix);
  const options = useChoices(!focused ? [] : place.wanted.kind === 'value' ? values : suggest(place, known));
  const { list, chosen } = options;
  useEffect(() => {
    if (props.fresh) return;
    input.current?.focus();
    input.current?.setSelectionRange(props.text.length, props.text.length);
  }, [props.fresh, props.text, input]);

  const change = (next: string, at: number): void => {
    setText(next);
    setCaret(at);
    options.choose(-1);
    setError(undefined);
  };
  const commit = (content = text): boolean => {
    if (content.trim() === '' && props.fresh) return true;
    try {
      onCommit(content);
      if (props.fresh) change('', 0);
      return true;
    } catch (e) {
      setError({ at: e instanceof TextError ? e.at : 0, message: (e as Error).message });
      return false;
    }
  };
  const accept = (s: Suggestion): void => {
    const after = text.slice(caret);
    const { kind } = place.wanted;
    const ends = kind === 'value' || (kind === 'field' && (clause === 'by' || after.startsWith(')'))) || s.insert.endsWith('exists');
    const space = !ends && (kind === 'op' || kind === 'sign' || kind === 'key' || (kind === 'field' && clause === 'where')) ? ' ' : '';
    const list = kind === 'op' && (s.insert === 'in' || s.insert === 'not-in');
    const insert = s.insert + (list ? ' ()' : space);
    const next = text.slice(0, place.from) + insert + after;
    const at = place.from + insert.length - (s.back ?? 0) - (list ? 1 : 0);
    // A whole item needs no further key.
    const whole = ends && !(place.wanted.kind === 'value' && place.wanted.list);
    if ((whole || (kind === 'calc' && !s.back)) && tryCommit(next)) return;
    change(next, at);
    requestAnimationFrame(() => input.current?.setSelectionRange(at, at));
  };
  const tryCommit = (content: string): boolean => {
    try {
      onCommit(content);
      change(props.fresh ? '' : content, props.fresh ? 0 : content.length);
      return true;
    } catch {
      return false; // it goes on being edited
    }
  };
  const onKeyDown = (e: React.KeyboardEvent): void => {
    const ctrl = e.ctrlKey || e.metaKey;
    if ((ctrl || e.shiftKey) && e.key === 'Enter') {
      if (!commit()) e.stopPropagation();
      return; // the page runs it
    }
    if (ctrl && e.key.toLowerCase() === 'z' && text !== (props.fresh ? '' : props.text)) {
      e.stopPropagation(); // what is being typed is undone first
      return;
    }
    if (options.move(e.key)) e.preventDefault();
    else if (e.key === 'Escape') {
      if (chosen >= 0) options.choose(-1);
      else {
        change(props.fresh ? '' : props.text, 0);
        props.onCancel();
        if (props.fresh) input.current?.blur();
      }
    } else if (e.key === 'Enter' || (e.key === 'Tab' && !e.shiftKey && text.trim() !== '')) {
      const first = list[chosen >= 0 ? chosen : 0];
      const guess =
        place.wanted.kind !== 'value' &&
        place.prefix !== '' &&
        !list.some((s) => s.label.toLowerCase() === place.prefix.toLowerCase() || s.insert === place.prefix);
      if (first && (chosen >= 0 || guess || (e.key === 'Tab' && place.prefix !== '' && first.insert !== place.prefix))) {
        e.preventDefault();
        accept(first);
      } else if (e.key === 'Enter' || !commit()) {
        e.preventDefault();
        if (e.key === 'Enter') commit();
      }
    } else if (e.key === 'Backspace' && text === '' && props.onBack) {
      e.preventDefault();
      props.onBack();
    }
  };
  return (
    <span className="chip-edit">
      <input
        {...options.field}
        ref={input}
        aria-label={props.label}
        aria-invalid={error !== undefined}
        aria-describedby={error ? `${id}-error` : undefined}
        placeholder={props.placeholder}
        value={text}
        onChange={(e) => change(e.target.value, e.target.selectionStart ?? e.target.value.length)}
        onSelect={(e) => setCaret(e.currentTarget.selectionStart ?? 0)}
        onFocus={() => setFocused(true)}
        onBlur={() => {
          setFocused(false);
          if (props.fresh ? commit() : commit() || text === '') options.choose(-1);
        }}
        onPaste={(e) => {
          if (props.onPasteText?.(e.clipboardData.getData('text'))) e.preventDefault();
        }}
        onKeyDown={onKeyDown}
      />
      <Suggestions name={`${props.label}: suggestions`} of={options} show={(o) => [o.label, o.detail]} onTake={accept} />
      {error && (
        <span id={`${id}-error`} className="chip-error" role="alert">
          <Marked text={text} at={error.at} />
          {error.message}
        </span>
      )}
    </span>
  );
}

const pause = 120;

/** The most frequent values of a field that begin with what is typed. */
function useValues(known: Known, column: string, prefix: string): Suggestion[] {
  const [found, setFound] = useState<{ column: string; list: Suggestion[] }>({ column: '', list: [] });
  const { dataset, from, to } = known;
  useEffect(() => {
    if (column === '') return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      get<{ values: { value: string | number | boolean; count: number }[] | null; exact: boolean }>(
        'values',
        { field: column, dataset, prefix, limit: '20', from, to },
        abort.signal,
      ).then(
        ({ values, exact }) =>
          setFound({
            column,
            list: (values ?? []).map((v) => ({
              label: String(v.value).slice(0, 200),
              insert: valueText(v.value),
              detail: (exact ? '' : '≥ ') + v.count.toLocaleString('en'),
            })),
          }),
        () => undefined, // completion is a help only
      );
    }, pause);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [dataset, from, to, column, prefix]);
  return found.column === column ? found.list : [];
}
