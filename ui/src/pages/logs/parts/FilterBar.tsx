import { useId, useState } from 'react';

import { charAt } from '../../../api/position';
import { Marked } from '../../../widgets/Marked';
import { Suggestions, useChoices } from '../../../widgets/Suggest';
import { suggest, type KnownField, type Suggestion } from '../complete';
import { noteFilter, recentFilters } from '../recent';
import { languageWords, useUnderstood } from '../useUnderstood';

interface Props {
  field: React.RefObject<HTMLInputElement | null>;
  q: string;
  /** What the server has against it: at which character, and why. */
  error: { at?: number; message: string } | undefined;
  known: readonly KnownField[];
  onRun: (q: string) => void;
  placeholder?: string;
}

/** The bar: takes a CloudWatch filter pattern, field:value text or a condition, and says which it understood. */
export function FilterBar({ field, q, error, known, onRun, placeholder }: Props): React.ReactElement {
  const [text, setText] = useState(q);
  const [shownQ, setShownQ] = useState(q);
  const [open, setOpen] = useState(false);
  const [caret, setCaret] = useState(0);
  const id = useId();
  if (shownQ !== q) {
    // The address has another text now: back, a chip, an example.
    setShownQ(q);
    setText(q);
  }
  const understood = useUnderstood(text);
  const options = useChoices(open ? suggest(text, caret, known, recentFilters()) : []);
  // While it is typed it is not wrong yet.
  const bad =
    text !== q
      ? undefined
      : understood?.error
        ? { at: placeOf(text, understood.error.position), message: understood.error.message }
        : error;
  const run = (t: string): void => {
    setOpen(false);
    options.choose(-1);
    noteFilter(t);
    onRun(t.trim());
  };
  const take = (s: Suggestion): void => {
    setText(s.text);
    options.choose(-1);
    setCaret(s.caret);
    if (s.run) {
      run(s.text);
      return;
    }
    requestAnimationFrame(() => field.current?.setSelectionRange(s.caret, s.caret));
  };
  return (
    <form
      className="lbar"
      role="search"
      aria-label="Lines"
      onSubmit={(e) => {
        e.preventDefault();
        run(text);
      }}
    >
      <input
        {...options.field}
        ref={field}
        className={bad ? 'input bad' : 'input'}
        value={text}
        aria-label="Filter lines"
        aria-invalid={bad !== undefined}
        aria-describedby={bad ? `${id}-error` : undefined}
        placeholder={placeholder ?? 'Words, field:value or a CloudWatch filter pattern      press /'}
        onChange={(e) => {
          setText(e.target.value);
          setCaret(e.target.selectionStart ?? e.target.value.length);
          setOpen(true);
          options.choose(-1);
        }}
        onFocus={() => setOpen(true)}
        onClick={(e) => {
          setCaret(e.currentTarget.selectionStart ?? 0);
          setOpen(true);
        }}
        onBlur={() => setOpen(false)}
        onKeyDown={(e) => {
          const first = options.list[Math.max(options.chosen, 0)];
          if (e.key === 'Escape') {
            if (first) setOpen(false);
            else e.currentTarget.blur();
          } else if (e.key === 'ArrowDown' && !first) {
            setCaret(e.currentTarget.selectionStart ?? 0);
            setOpen(true);
          } else if (first && e.key === 'Tab' && !e.shiftKey && text !== '') take(first);
          else if (first && e.key === 'Enter' && options.chosen >= 0) take(first);
          else if (!options.move(e.key)) return;
          e.preventDefault();
        }}
      />
      {understood && <span className={understood.error ? 'lkind bad' : 'lkind'}>{languageWords(understood)}</span>}
      {text !== '' && (
        <button type="button" className="lclear" aria-label="Clear the filter" title="Clear" onClick={() => (setText(''), run(''))}>
          ×
        </button>
      )}
      <Suggestions name="Suggestions" of={options} show={(o) => [o.label, o.note]} onTake={take} />
      {!bad && understood?.warning && text === q && <p className="note warn">{understood.warning}</p>}
      {bad && (
        <p id={`${id}-error`} className="note bad" role="alert">
          {bad.at !== undefined && (
            <>
              <Marked text={text} at={bad.at} />
              <br />
            </>
          )}
          {bad.message}
        </p>
      )}
    </form>
  );
}

/** Where the server says that a text is wrong; nowhere for -1. */
function placeOf(text: string, byte: number): number | undefined {
  return byte < 0 ? undefined : charAt(text, byte);
}
