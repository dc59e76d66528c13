import { useEffect, useId, useState } from 'react';

export interface Choices<S> {
  id: string;
  list: readonly S[];
  /** Place in the list, -1 for none. */
  chosen: number;
  choose: (place: number) => void;
  /** Moves by the arrow keys, round and round; false for any other key, and where there is nothing to choose from. */
  move: (key: string) => boolean;
  /** What the field says of the list to those who don't see it. */
  field: React.InputHTMLAttributes<HTMLInputElement>;
}

/** What a field offers while it is typed in. The field keeps the focus: its keys choose from the list. */
export function useChoices<S>(list: readonly S[]): Choices<S> {
  const id = useId();
  const [chosen, choose] = useState(-1);
  useEffect(() => {
    document.getElementById(`${id}-${chosen}`)?.scrollIntoView({ block: 'nearest' });
  }, [chosen, id]);
  const n = list.length;
  return {
    id,
    list,
    chosen,
    choose,
    move: (key) => {
      if (n === 0 || (key !== 'ArrowDown' && key !== 'ArrowUp')) return false;
      choose((c) => (key === 'ArrowDown' ? (c + 1) % n : c <= 0 ? n - 1 : c - 1));
      return true;
    },
    field: {
      role: 'combobox',
      'aria-autocomplete': 'list',
      'aria-expanded': n > 0,
      'aria-controls': id,
      'aria-activedescendant': chosen >= 0 ? `${id}-${chosen}` : undefined,
      autoComplete: 'off',
      spellCheck: false,
    },
  };
}

interface Props<S> {
  name: string;
  of: Choices<S>;
  /** What is offered, and a word about it. */
  show: (s: S) => readonly [string, string];
  onTake: (s: S) => void;
}

export function Suggestions<S>({ name, of, show, onTake }: Props<S>): React.ReactElement | null {
  if (of.list.length === 0) return null;
  return (
    <ul id={of.id} role="listbox" aria-label={name} className="suggest">
      {of.list.map((s, i) => {
        const [label, about] = show(s);
        return (
          <li
            key={`${label} ${about}`}
            id={`${of.id}-${i}`}
            role="option"
            aria-selected={i === of.chosen}
            // Before the field loses the focus.
            onPointerDown={(e) => {
              e.preventDefault();
              onTake(s);
            }}
          >
            <code className="clip">{label}</code>
            <span className="muted">{about}</span>
          </li>
        );
      })}
    </ul>
  );
}
