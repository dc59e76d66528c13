import { useId, useRef, useState } from 'react';

import { charAt } from '../../../api/position';
import { Marked } from '../../../widgets/Marked';
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
  const [chosen, setChosen] = useState(-1);
  const [caret, setCaret] = useState(0);
  const id = useId();
  const list = useRef<HTMLUListElement>(null);
  if (shownQ !== q) {
    // The address has another text now: back, a chip, an example.
    setShownQ(q);
    setText(q);
  }
  const understood = useUnderstood(text);
  const options = open ? suggest(text, caret, known, recentFilters()) : [];
  // While it is typed it is not wrong yet.
  const bad =
    text !== q
      ? undefined
      : understood?.error
        ? { at: placeOf(text, understood.error.position), message: understood.error.message }
        : error;
  const run = (t: string): void => {
    setOpen(false);
    setChosen(-1);
    noteFilter(t);
    onRun(t.trim());
  };
  const take = (s: Suggestion): void => {
    setText(s.text);
    setChosen(-1);
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
        ref={field}
        className={bad ? 'input bad' : 'input'}
        value={text}
        role="combobox"
        aria-label="Filter lines"
        aria-expanded={options.length > 0}
        aria-controls={id}
        aria-activedescendant={chosen >= 0 ? `${id}-${chosen}` : undefined}
        aria-autocomplete="list"
        aria-invalid={bad !== undefined}
        aria-describedby={bad ? `${id}-error` : undefined}
        autoComplete="off"
        spellCheck={false}
        placeholder={placeholder ?? 'Words, field:value or a CloudWatch filter pattern      press /'}
        onChange={(e) => {
          setText(e.target.value);
          setCaret(e.target.selectionStart ?? e.target.value.length);
          setOpen(true);
          setChosen(-1);
        }}
        onFocus={() => setOpen(true)}
        onClick={(e) => {
          setCaret(e.currentTarget.selectionStart ?? 0);
          setOpen(true);
        }}
        onBlur={() => setOpen(false)}
        onKeyDown={(e) => {
          if (e.key === 'Escape') {
            if (open && options.length > 0) setOpen(false);
            else e.currentTarget.blur();
          } else if ((e.key === 'ArrowDown' || e.key === 'ArrowUp') && options.length > 0) {
            const n = options.length;
            setChosen((c) => (e.key === 'ArrowDown' ? (c + 1) % n : c <= 0 ? n - 1 : c - 1));
          } else if (e.key === 'ArrowDown') {
            setCaret(e.currentTarget.selectionStart ?? 0);
            setOpen(true);
          } else if (e.key === 'Tab' && !e.shiftKey && options.length > 0 && text !== '') take(options[Math.max(chosen, 0)]!);
          else if (e.key === 'Enter' && chosen >= 0 && options[chosen]) take(options[chosen]);
          else return;
          e.preventDefault();
        }}
      />
      {understood && <span className={understood.error ? 'lkind bad' : 'lkind'}>{languageWords(understood)}</span>}
      {text !== '' && (
        <button type="button" className="lclear" aria-label="Clear the filter" title="Clear" onClick={() => (setText(''), run(''))}>
          ×
        </button>
      )}
      {options.length > 0 && (
        <ul ref={list} id={id} className="lsuggest" role="listbox" aria-label="Suggestions">
          {options.map((s, i) => (
            // Keys are heard by the field.
            // eslint-disable-next-line jsx-a11y/click-events-have-key-events
            <li
              key={`${s.label} ${s.note}`}
              id={`${id}-${i}`}
              role="option"
              aria-selected={i === chosen}
              onPointerDown={(e) => e.preventDefault()}
              onClick={() => take(s)}
            >
              <code className="clip">{s.label}</code>
              <span className="muted">{s.note}</span>
            </li>
          ))}
        </ul>
      )}
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
