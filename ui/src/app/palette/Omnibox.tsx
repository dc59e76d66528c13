import './palette.css';

import { useId, useRef, useState } from 'react';

import type { Start } from '../../api/types';
import { inOurs, linkIn } from '../foreign';
import { commands, useKeys, type Command } from '../keys';
import { go } from '../location';
import { recentTraces, type Recent } from '../recent';
import { chosenAt, itemsFor, type Item } from './items';
import { useFound } from './useFound';

interface Props {
  pages: readonly { to: string; name: string; keys: string }[];
  services: Start['services'];
  environments: Start['environments'];
}

/** One field for everything: an id or a link in any form, a page, a service, a condition, a command. */
export function Omnibox({ pages, services, environments }: Props): React.ReactElement {
  const list = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState('');
  // What is known is looked at when the field opens, so that the list doesn't change under the reader.
  const [open, setOpen] = useState<{ commands: Command[]; recent: Recent[] }>();
  const [waiting, setWaiting] = useState(false);
  const found = useFound(open ? text : '');
  useKeys('Palette', { 'Ctrl+k': ['find anything: ids, pages, services, commands', () => input.current?.focus()] });

  const close = (): void => {
    setOpen(undefined);
    setText('');
    setChosen('');
    setWaiting(false);
    input.current?.blur();
  };
  const take = (item: Item | undefined): void => {
    if (!item) return;
    close();
    if (item.to) go(item.to);
    else item.run?.();
  };
  const there = linkIn(text);
  const link = there && inOurs(there, environments);
  const items: Item[] = open
    ? [
        ...found.items,
        ...(link && found.items.length === 0 && !found.looking
          ? [{ id: 'link', group: 'Found', title: link, more: 'link', to: link } as const]
          : []),
        ...itemsFor(text, { pages, services, ...open }),
      ]
    : [];
  if (waiting && !found.looking) {
    // Enter came before the server's answer.
    setWaiting(false);
    if (found.items[0]) queueMicrotask(() => take(found.items[0]));
  }
  const at = chosenAt(items, chosen);
  const move = (by: number): void => setChosen(items[(at + by + items.length) % items.length]?.id ?? '');
  const onKeyDown = (e: React.KeyboardEvent): void => {
    if (e.key === 'ArrowDown') move(1);
    else if (e.key === 'ArrowUp') move(-1);
    else if (e.key === 'Escape') close();
    else if (e.key === 'Enter' && found.looking) setWaiting(true);
    else if (e.key === 'Enter') take(items[at]);
    else return;
    e.preventDefault();
  };
  return (
    <div className="omnibox" role="search" aria-label="Everything">
      <input
        ref={input}
        className="input"
        role="combobox"
        aria-label="Find anything"
        aria-expanded={open !== undefined}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={open && items[at] ? `${list}-${at}` : undefined}
        placeholder="Find an id, a service, a command   Ctrl K"
        spellCheck={false}
        autoComplete="off"
        value={text}
        onFocus={() => setOpen({ commands: commands(), recent: recentTraces() })}
        onBlur={() => open && close()}
        onChange={(e) => {
          setText(e.target.value);
          setChosen('');
          setWaiting(false);
        }}
        onKeyDown={onKeyDown}
      />
      {open && (
        <div className="palette fade">
          {found.said && (
            <p className="said muted" role="status">
              {found.said}
            </p>
          )}
          {items.length === 0 && !found.said && <p className="said muted">Nothing is called that. Try an id, a service or a condition.</p>}
          <Options id={list} items={items} at={at} onTake={take} />
          <p className="hint muted">
            <kbd>&gt;</kbd> commands <kbd>@</kbd> services <kbd>#</kbd> errors <kbd>↑</kbd> <kbd>↓</kbd> <kbd>Enter</kbd>
          </p>
        </div>
      )}
    </div>
  );
}

function Options({ id, items, at, onTake }: { id: string; items: Item[]; at: number; onTake: (i: Item) => void }): React.ReactElement {
  const groups: [Item['group'], (readonly [Item, number])[]][] = [];
  items.forEach((item, i) => {
    const last = groups.at(-1);
    if (last?.[0] === item.group) last[1].push([item, i]);
    else groups.push([item.group, [[item, i]]]);
  });
  return (
    <div role="listbox" id={id} aria-label="Found">
      {groups.map(([group, members]) => (
        <div key={group} role="group" aria-label={group}>
          <div className="group muted" aria-hidden="true">
            {group}
          </div>
          {members.map(([item, i]) => (
            // The field has the focus and its keys choose.

            <div
              key={item.id}
              id={`${id}-${i}`}
              role="option"
              aria-selected={i === at}
              ref={i === at ? (e) => e?.scrollIntoView({ block: 'nearest' }) : undefined}
              onPointerDown={(e) => {
                e.preventDefault(); // the field keeps the focus until something is taken
                if (e.button === 0) onTake(item);
              }}
            >
              {item.slot !== undefined && <span className="bar-mark" style={{ background: `var(--s${item.slot})` }} />}
              <span className="clip">{item.title}</span>
              {item.more && <span className="more muted clip">{item.more}</span>}
              {item.keys && <kbd>{item.keys}</kbd>}
            </div>
          ))}
        </div>
      ))}
    </div>
  );
}
