import { useRef, useState, useSyncExternalStore } from 'react';

import { keptAt, keptWords, useRetained } from '../../../app/retained';
import { earlierWords, readEarlier } from '../../../query/compare';
import { compareOffsets, type Earlier } from '../../../query/question';
import { lengthWords, resolve, type Range } from '../../../time/range';
import { Suggestions, useChoices } from '../../../widgets/Suggest';
import type { Draft } from '../draft';

type Choice = Earlier | undefined;

/** The earlier times to choose from: what overlaps the range is none, and what is gone can't be compared with. */
export function earlierChoices(text: string, length: number, most: number): Choice[] {
  const typed = readEarlier(text);
  const own = typeof typed === 'number' && typed >= length && typed < most && !compareOffsets.includes(typed) ? [typed] : [];
  const all: Choice[] = [undefined, 'previous', ...compareOffsets.filter((s) => s >= length && s < most)];
  const t = text.trim().toLowerCase();
  if (typed !== undefined) return [...own, ...all.filter((c) => c === typed)];
  return all.filter((c) => wordsOf(c).toLowerCase().includes(t));
}

const wordsOf = (c: Choice): string => (c === undefined ? 'off' : earlierWords(c));

/** Why a text is no earlier time; empty if it is one. */
export function whyNot(text: string, length: number, most: number, kept: string): string {
  const c = readEarlier(text);
  if (/^(off|none|)$/i.test(text.trim())) return '';
  if (c === undefined) return 'write how far back, like 36h or 2 weeks, or “previous”';
  if (c === 'previous') return '';
  if (c < length) return `it must be at least the time shown, ${lengthWords(length)}; “previous” is the period just before`;
  return c >= most ? `events are kept ${kept}: nothing is left of ${earlierWords(c)}` : '';
}

/** The earlier time that is drawn beside it: one of a list, or any that is typed. */
export function CompareTo({ draft, range, onRun }: { draft: Draft; range: Range; onRun: () => void }): React.ReactElement {
  const { compare } = useSyncExternalStore(draft.subscribe, draft.get);
  const [text, setText] = useState<string>(); // what is being typed
  const [wrong, setWrong] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const retained = useRetained();
  const now = Date.now();
  const [from, to] = resolve(range, now);
  const length = Math.round((to - from) / 1000);
  const edge = keptAt(retained, now);
  const most = edge === undefined ? Infinity : (to - edge) / 1000;
  const shown = compare === undefined ? '' : earlierWords(compare);
  const choices = useChoices(text === undefined ? [] : earlierChoices(text === shown ? '' : text, length, most));
  const close = (): void => {
    setText(undefined);
    setWrong('');
    choices.choose(-1);
  };
  const take = (c: Choice): void => {
    close();
    if (c === compare) return;
    draft.set({ ...draft.get(), compare: c });
    onRun();
  };
  const commit = (): void => {
    const typed = text ?? shown;
    if (choices.chosen >= 0) return take(choices.list[choices.chosen]);
    if (typed === shown) return close();
    const why = whyNot(typed, length, most, keptWords(retained));
    if (why) return setWrong(why);
    take(readEarlier(typed));
  };
  return (
    <span className="pair compare-to">
      <span className="muted" aria-hidden="true">
        compare
      </span>
      <input
        ref={field}
        className={wrong ? 'input small bad' : 'input small'}
        aria-label="Compare to"
        aria-invalid={wrong !== ''}
        placeholder="off"
        title="An earlier time that is drawn beside it: the period before, 1d, 36h, 2 weeks …"
        value={text ?? shown}
        {...choices.field}
        onFocus={(e) => {
          setText(shown);
          e.currentTarget.select();
        }}
        onClick={() => setText((t) => t ?? shown)}
        onBlur={close}
        onChange={(e) => {
          setText(e.target.value);
          setWrong('');
          choices.choose(-1);
        }}
        onKeyDown={(e) => {
          if (choices.move(e.key)) e.preventDefault();
          else if (e.key === 'Enter' && !e.ctrlKey && !e.metaKey) {
            e.preventDefault();
            commit();
          } else if (e.key === 'Escape' && text !== undefined) {
            e.stopPropagation();
            close();
          }
        }}
      />
      <Suggestions name="Earlier times" of={choices} show={(c) => [wordsOf(c), aboutOf(c, length)]} onTake={take} />
      {wrong && (
        <span className="error-text" role="alert">
          {wrong}
        </span>
      )}
    </span>
  );
}

function aboutOf(c: Choice, length: number): string {
  if (c === 'previous') return lengthWords(length);
  return c === length ? 'the period before' : '';
}
