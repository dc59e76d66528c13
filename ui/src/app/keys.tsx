// One registry of keys: it feeds the handler and the sheet that lists them.
import { useEffect, useRef } from 'react';
import { Dialog, DialogHead } from '../widgets/Dialog';

export type Bindings = Record<string, [about: string, run: () => void]>;

const contexts = new Map<string, React.RefObject<Bindings>>();
let chord = '';
let chordAt = 0;
const chordWait = 800;

function isTyping(e: KeyboardEvent): boolean {
  const t = e.target as HTMLElement;
  return t.isContentEditable || t.tagName === 'INPUT' || t.tagName === 'TEXTAREA' || t.tagName === 'SELECT';
}

/** Enter and the space bar belong to the button or link that has the focus. */
function isPressing(e: KeyboardEvent): boolean {
  return (e.key === 'Enter' || e.key === ' ') && (e.target as HTMLElement).closest('button, a, summary, [role=separator]') !== null;
}

function nameOf(e: KeyboardEvent): string {
  const mods = (e.ctrlKey || e.metaKey ? 'Ctrl+' : '') + (e.altKey ? 'Alt+' : '');
  const shift = e.shiftKey && e.key.length > 1 ? 'Shift+' : '';
  return mods + shift + e.key;
}

addEventListener('keydown', (e) => {
  if ((isTyping(e) && !(e.ctrlKey || e.metaKey)) || isPressing(e)) return;
  const key = nameOf(e);
  if (key !== '?' && document.querySelector('dialog[open]')) return;
  const two = performance.now() - chordAt < chordWait ? `${chord} ${key}` : '';
  for (const name of [two, key]) {
    // A page's own keys win over those of everywhere.
    for (const bindings of [...contexts.values()].reverse()) {
      const b = name ? bindings.current[name] : undefined;
      if (b) {
        e.preventDefault();
        chord = '';
        b[1]();
        return;
      }
    }
  }
  chord = key;
  chordAt = performance.now();
});

export interface Command {
  context: string;
  key: string;
  /** The key as people know it. */
  shown: string;
  about: string;
  run: () => void;
}

/** All that keys do now, the page's own first; what a page's own key hides is left out. */
export function commands(): Command[] {
  const bound = new Set<string>();
  return [...contexts].reverse().flatMap(([context, bindings]) =>
    Object.entries(bindings.current).flatMap(([key, [about, run]]) => {
      if (bound.has(key)) return [];
      bound.add(key);
      return about ? [{ context, key, shown: shown(key), about, run }] : [];
    }),
  );
}

/** Binds keys while a component is shown. */
export function useKeys(context: string, bindings: Bindings): void {
  const ref = useRef(bindings);
  ref.current = bindings;
  useEffect(() => {
    contexts.set(context, ref);
    return () => {
      contexts.delete(context);
    };
  }, [context]);
}

const marks: Record<string, string> = { ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→', Escape: 'Esc' };

/** A key as people know it. */
function shown(key: string): string {
  return key
    .split('+')
    .map((k) => marks[k] ?? (k.length === 1 && k !== k.toLowerCase() ? `Shift ${k.toLowerCase()}` : k))
    .join(' ');
}

export function KeysSheet({ onClose }: { onClose: () => void }): React.ReactElement {
  const sections = new Map<string, Command[]>();
  for (const c of commands()) sections.set(c.context, [...(sections.get(c.context) ?? []), c]);
  return (
    <Dialog name="Keys" onClose={onClose}>
      <DialogHead title="Keys" />
      <div className="columns">
        {[...sections].map(([name, list]) => (
          <section key={name}>
            <h3>{name}</h3>
            <dl>
              {list.map((c) => (
                <div key={c.key} className="row">
                  <dt>
                    <kbd>{c.shown}</kbd>
                  </dt>
                  <dd>{c.about}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
