import { useRef, useState } from 'react';

import { ApiError, get } from '../api/client';
import type { Found } from '../api/types';
import { useKeys } from './keys';
import { go } from './location';

/** The id in a text: itself, or the one in a link of Oriel, Honeycomb or the X-Ray console. */
export function idIn(text: string): string {
  const t = text.trim();
  const inLink = /(?:trace_id=|traces?\/)([\w-]{8,})/.exec(t);
  return inLink && /[/?]/.test(t) ? inLink[1]! : t;
}

/** Takes any id of a trace or a span, in any notation, or a link that holds one. */
export function Omnibox(): React.ReactElement {
  const input = useRef<HTMLInputElement>(null);
  const asked = useRef(0);
  const [answer, setAnswer] = useState('');
  useKeys('Find by id', { 'Ctrl+k': ['find a trace or span by its id', () => input.current?.select()] });
  const look = async (text: string): Promise<void> => {
    const id = idIn(text);
    if (!id) return;
    const mine = ++asked.current;
    setAnswer('looking…');
    const said = await get<{ found: Found[] | null }>('find', { id }).then(
      ({ found }) => found?.[0] ?? 'no trace or span has this id',
      (e: unknown) => (e instanceof ApiError ? e.message : 'the server can’t be reached'),
    );
    if (mine !== asked.current) return; // another id was asked for meanwhile
    if (typeof said === 'string') {
      setAnswer(said);
      return;
    }
    setAnswer('');
    input.current!.value = '';
    input.current!.blur();
    go(`/trace/${encodeURIComponent(said.trace_id)}${said.span_id ? `?span=${encodeURIComponent(said.span_id)}` : ''}`);
  };
  return (
    <form
      className="omnibox"
      role="search"
      aria-label="By id"
      onSubmit={(e) => {
        e.preventDefault();
        void look(input.current!.value);
      }}
    >
      <input
        ref={input}
        className="input"
        aria-label="Find by id"
        placeholder="Paste a trace or span id, or a link   Ctrl K"
        spellCheck={false}
        onChange={() => setAnswer('')}
        onKeyDown={(e) => e.key === 'Escape' && e.currentTarget.blur()}
        onPaste={(e) => {
          const text = e.clipboardData.getData('text');
          if (/^[\w-]{16,60}$/.test(idIn(text))) void look(text);
        }}
      />
      <span role="status" className="muted clip">
        {answer}
      </span>
    </form>
  );
}
