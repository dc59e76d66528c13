import { useRef, useState } from 'react';

import { TextError } from '../../../query/lex';
import { parseQuestion } from '../../../query/parse';
import { questionText } from '../../../query/print';
import { madeOf, withMade } from '../../../query/made';
import type { Question, Span } from '../../../query/question';
import { Marked } from '../../../widgets/Marked';
import type { Draft } from '../draft';

/** The question as one line of text. */
export function TextForm({
  draft,
  onSpan,
  onRun,
  paste,
}: {
  draft: Draft;
  onSpan: (span: Span) => void;
  onRun: () => void;
  paste: (text: string) => boolean;
}): React.ReactElement {
  const initial = questionText(draft.get());
  const area = useRef<HTMLTextAreaElement>(null);
  const [error, setError] = useState<{ at: number; message: string; text: string }>();
  const take = (): boolean => {
    const text = area.current!.value;
    if (text === initial) return true;
    try {
      const { question, span } = parseQuestion(text);
      setError(undefined);
      onSpan(span);
      draft.set({ ...question, rest: restWith(draft.get().rest, question) });
      return true;
    } catch (e) {
      setError({ at: e instanceof TextError ? e.at : 0, message: (e as Error).message, text });
      return false;
    }
  };
  return (
    <div className="textform">
      <textarea
        ref={area}
        className={error ? 'input bad' : 'input'}
        aria-label="Query as text"
        aria-invalid={error !== undefined}
        aria-describedby={error ? 'query-text-error' : undefined}
        spellCheck={false}
        rows={2}
        defaultValue={initial}
        onBlur={take}
        onPaste={(e) => {
          const text = e.clipboardData.getData('text');
          if (/^\s*(\{|https?:)/.test(text) && paste(text)) e.preventDefault();
        }}
        onKeyDown={(e) => {
          if (e.key !== 'Enter') {
            if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 'z' && e.currentTarget.value !== initial) e.stopPropagation();
            return;
          }
          e.preventDefault();
          e.stopPropagation();
          if (take()) onRun();
        }}
      />
      {error && (
        <p id="query-text-error" className="note bad" role="alert">
          <Marked text={error.text} at={error.at} />
          <br />
          {error.message}
        </p>
      )}
    </div>
  );
}

/** What the text does not say stays; what it says is taken from it. */
function restWith(rest: Question['rest'], read: Question): Question['rest'] {
  const fields = withMade(rest, 'calculated_fields', madeOf(read, 'calculated_fields'));
  return withMade(fields, 'formulas', madeOf(read, 'formulas'));
}
