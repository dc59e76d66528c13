import './filterBar.css';

import { useEffect, useMemo, useState } from 'react';

import { get, post, type ApiError } from '../../api/client';
import type { ParsedTraceFilter } from '../../api/map';
import { charAt } from '../../api/position';
import { useLoad } from '../../api/useLoad';
import { go } from '../../app/location';
import { Marked } from '../../widgets/Marked';
import { Suggestions, useChoices } from '../../widgets/Suggest';
import { SavedGroups } from './SavedGroups';
import { suggest, type Keyword, type Suggestion, type Vocabulary } from './suggest';

interface Props {
  /** What is filtered, for those who don't see it. */
  name: string;
  /** The key that leads here. */
  hint: string;
  field: React.RefObject<HTMLInputElement | null>;
  q: string;
  services: readonly string[];
  error: ApiError | undefined;
  onChange: (q: string) => void;
}

const languages: Record<ParsedTraceFilter['language'], string> = {
  xray: 'X-Ray expression',
  filter: 'condition on any span',
  id: 'trace id',
  empty: '',
};

/** An X-Ray expression or a condition, told apart by the server; what is wrong with it is said at the character. */
export function FilterBar({ name, hint, field, q, services, error, onChange }: Props): React.ReactElement {
  const [text, setText] = useState(q);
  const [shownQ, setShownQ] = useState(q);
  const [open, setOpen] = useState(false);
  const [caret, setCaret] = useState(0);
  if (shownQ !== q) {
    // The address has another text now.
    setShownQ(q);
    setText(q);
  }
  const parsed = useParsed(text);
  const known = useVocabulary(services, open);
  const options = useChoices(open ? suggest(text, caret, known) : []);
  const wrong =
    parsed?.error ??
    (text === q && error?.position !== undefined ? { message: error.message, position: error.position, expected: [] } : undefined);
  // While it is typed it is not wrong yet.
  const shown = wrong && text === q ? wrong : undefined;
  const run = (t: string): void => {
    setOpen(false);
    options.choose(-1);
    const trace = t.trim();
    if (parsed?.language === 'id' && t === text) go(`/trace/${encodeURIComponent(trace)}`);
    else onChange(trace);
  };
  const take = (s: Suggestion): void => {
    setText(s.text);
    options.choose(-1);
    setCaret(s.caret);
    requestAnimationFrame(() => field.current?.setSelectionRange(s.caret, s.caret));
  };
  const onKeyDown = (e: React.KeyboardEvent<HTMLInputElement>): void => {
    const first = options.list[Math.max(options.chosen, 0)];
    if (e.key === 'Escape') {
      if (first) setOpen(false);
      else e.currentTarget.blur();
    } else if (first && e.key === 'Tab' && !e.shiftKey && text !== '') take(first);
    else if (first && e.key === 'Enter' && options.chosen >= 0) take(first);
    else if (!options.move(e.key)) return;
    e.preventDefault();
  };
  return (
    <form
      className="filter"
      role="search"
      aria-label={name}
      onSubmit={(e) => {
        e.preventDefault();
        run(text);
      }}
    >
      <div className="filter-row">
        <div className="filter-field">
          <input
            {...options.field}
            ref={field}
            className={shown ? 'input bad' : 'input'}
            value={text}
            aria-label="Filter"
            aria-invalid={shown !== undefined}
            aria-describedby={shown ? 'filter-error' : undefined}
            placeholder={`service("api") { fault = true } AND responsetime > 2   or   http.route = "/home"      press ${hint}`}
            onChange={(e) => {
              setText(e.target.value);
              setCaret(e.target.selectionStart ?? e.target.value.length);
              setOpen(true);
              options.choose(-1);
            }}
            onSelect={(e) => setCaret(e.currentTarget.selectionStart ?? 0)}
            onBlur={() => setOpen(false)}
            onKeyDown={onKeyDown}
          />
          {parsed && text !== '' && <span className="filter-language muted">{languages[parsed.language]}</span>}
          <Suggestions name="What fits" of={options} show={(o) => [o.label, o.about]} onTake={take} />
        </div>
        <SavedGroups q={q} typed={text} language={parsed?.language} onChoose={run} />
      </div>
      {shown && (
        <p id="filter-error" className="note bad" role="alert">
          {shown.position >= 0 && (
            <>
              <Marked text={q} at={charAt(q, shown.position)} />
              <br />
            </>
          )}
          {shown.message}
        </p>
      )}
    </form>
  );
}

/** What the server takes a text for, once typing rests. */
function useParsed(text: string): ParsedTraceFilter | undefined {
  const [parsed, setParsed] = useState<{ of: string; is: ParsedTraceFilter }>();
  useEffect(() => {
    if (text.trim() === '') return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      post<ParsedTraceFilter>('traces/parse', { text }, abort.signal).then(
        (is) => setParsed({ of: text, is }),
        () => undefined, // the list will say what is wrong
      );
    }, 120);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text]);
  return parsed?.of === text ? parsed.is : undefined;
}

const nothing: Omit<Vocabulary, 'services'> = { keywords: [], forms: [], fields: [] };

function useVocabulary(services: readonly string[], wanted: boolean): Vocabulary {
  const { data } = useLoad(`trace words ${wanted}`, async (signal) => {
    if (!wanted) return undefined;
    const [words, fields] = await Promise.all([
      get<{ keywords: Keyword[]; forms: Vocabulary['forms'] }>('traces/complete', {}, signal),
      get<{ fields: { name: string; hidden?: boolean }[] | null }>('fields', {}, signal),
    ]);
    return { ...words, fields: (fields.fields ?? []).filter((f) => !f.hidden).map((f) => f.name) };
  });
  return useMemo(() => ({ ...(data ?? nothing), services }), [data, services]);
}
