import './editor.css';

import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'react';

import type { Help, Mistake, Suggestion } from '../insights/complete';

/** What can be typed at the caret. */
export interface Completion {
  /** What is typed of it begins here; it is replaced up to the caret. */
  from: number;
  prefix: string;
  list: readonly Suggestion[];
  /** The quote of the text that the caret is in; '' for none. */
  quote: string;
  /** It is offered though nothing of it is typed. */
  eager: boolean;
}

/** A language that texts are written in. */
export interface Language {
  name: string;
  /** Said where there is nothing else to say. */
  hint: string;
  pieces: (text: string) => readonly { kind: string; from: number; to: number }[];
  help: (text: string, at: number) => Help | undefined;
}

interface Props {
  text: string;
  onText: (text: string) => void;
  onRun: () => void;
  language: Language;
  /** A hook that completes at the caret, while the text has the focus. */
  useCompletion: (text: string, caret: number, focused: boolean) => Completion;
  mistake: Mistake | undefined;
  /** An older or newer query, as a shell has it. */
  onPast: (by: 1 | -1) => boolean;
}

/** A text in a query language: coloured, completed, explained; mistakes are underlined where they are. */
export function Editor(props: Props): React.ReactElement {
  const { text, language, mistake, useCompletion } = props;
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const paper = useRef<HTMLPreElement>(null);
  const written = useRef<HTMLSpanElement>(null);
  const [caret, setCaret] = useState(text.length);
  const [focused, setFocused] = useState(false);
  const [asked, setAsked] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const [shut, setShut] = useState(false);
  const [hover, setHover] = useState<{ help: Help; x: number; y: number }>();
  const [spot, setSpot] = useState<{ x: number; y: number }>();
  const place = useCompletion(text, caret, focused);
  const { list } = place;
  const exact = list.length === 1 && list[0]!.label.toLowerCase() === place.prefix.toLowerCase();
  const shown = focused && !shut && list.length > 0 && !exact && (asked || place.prefix !== '' || place.eager);
  const help = useMemo(() => language.help(text, caret), [text, caret, language]);
  useEffect(() => {
    document.getElementById(`${id}-${chosen}`)?.scrollIntoView({ block: 'nearest' });
  }, [chosen, id]);
  // The list hangs below what is typed.
  useLayoutEffect(() => {
    if (shown) setSpot(placeIn(paper.current, area.current, place.from));
  }, [shown, text, place.from]);

  const moved = (): void => {
    setCaret(area.current?.selectionStart ?? 0);
    setShut(false);
    setAsked(false);
    setChosen(-1);
  };
  const replace = (at: number, end: number, insert: string, back = 0): void => {
    const e = area.current!;
    e.focus();
    e.setSelectionRange(at, end);
    // So that the browser's own undo knows of it.
    if (!document.execCommand('insertText', false, insert)) props.onText(text.slice(0, at) + insert + text.slice(end));
    const to1 = at + insert.length - back;
    requestAnimationFrame(() => {
      e.setSelectionRange(to1, to1);
      moved();
    });
  };
  const accept = (s: Suggestion): void => {
    const closed = place.quote !== '' && text[caret] === place.quote ? 1 : 0;
    replace(place.from, caret + closed, s.insert, s.back);
  };
  const onKeyDown = (e: React.KeyboardEvent<HTMLTextAreaElement>): void => {
    const ctrl = e.ctrlKey || e.metaKey;
    if (e.key === 'Enter' && (ctrl || e.shiftKey)) {
      e.preventDefault();
      e.stopPropagation();
      setShut(true);
      props.onRun();
    } else if (ctrl && e.key === ' ') {
      e.preventDefault();
      setShut(false);
      setAsked(true);
    } else if (shown && (e.key === 'ArrowDown' || e.key === 'ArrowUp')) {
      e.preventDefault();
      setChosen((c) => (c + (e.key === 'ArrowDown' ? 1 : c < 0 ? 0 : -1) + list.length) % list.length);
    } else if (shown && e.key === 'Escape') {
      e.stopPropagation();
      setShut(true);
    } else if (shown && (e.key === 'Tab' || (e.key === 'Enter' && chosen >= 0)) && !e.shiftKey) {
      e.preventDefault();
      accept(list[Math.max(chosen, 0)]!);
    } else if (e.key === 'Escape') e.currentTarget.blur();
    else if (!ctrl && e.key === 'ArrowUp' && e.currentTarget.selectionEnd === 0) {
      if (props.onPast(1)) e.preventDefault();
    } else if (!ctrl && e.key === 'ArrowDown' && e.currentTarget.selectionStart === text.length) {
      if (props.onPast(-1)) e.preventDefault();
    }
  };
  const lines = useLines(text, written, area);
  return (
    <div className="iq">
      <div className="iq-box">
        <pre ref={paper} className="iq-paper" aria-hidden="true">
          <span ref={written}>
            <Coloured text={text} language={language} mistake={mistake} />
          </span>
        </pre>
        <textarea
          ref={area}
          className={mistake ? 'iq-text bad' : 'iq-text'}
          aria-label={language.name}
          aria-invalid={mistake !== undefined}
          aria-describedby={mistake ? `${id}-wrong` : `${id}-help`}
          aria-haspopup="listbox"
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={shown && chosen >= 0 ? `${id}-${chosen}` : undefined}
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          rows={Math.min(Math.max(lines, 4), 16)}
          value={text}
          onChange={(e) => {
            props.onText(e.target.value);
            moved();
          }}
          onSelect={() => {
            const at = area.current?.selectionStart ?? 0;
            if (at !== caret) moved();
          }}
          onFocus={() => setFocused(true)}
          onBlur={() => setFocused(false)}
          onKeyDown={onKeyDown}
          onScroll={(e) => {
            const p = paper.current;
            if (!p) return;
            p.scrollTop = e.currentTarget.scrollTop;
            p.scrollLeft = e.currentTarget.scrollLeft;
          }}
          onPointerMove={(e) => setHover(helpUnder(paper.current, e, text, language))}
          onPointerLeave={() => setHover(undefined)}
        />
        {shown && spot && (
          <ul
            id={`${id}-list`}
            className="suggest iq-suggest"
            role="listbox"
            aria-label="Suggestions"
            style={{ left: spot.x, top: spot.y }}
          >
            {list.map((s, i) => (
              <li
                key={`${i} ${s.label}`}
                id={`${id}-${i}`}
                role="option"
                aria-selected={i === chosen}
                // Before the text loses the focus.
                onPointerDown={(e) => {
                  e.preventDefault();
                  accept(s);
                }}
              >
                <span className="clip">{s.label}</span>
                <span className="muted clip">{s.detail}</span>
              </li>
            ))}
          </ul>
        )}
        {hover && !shown && (
          <div className="tip iq-tip" style={{ left: hover.x, top: hover.y }}>
            <code>{hover.help.signature}</code>
            <div className="muted">{hover.help.help}</div>
          </div>
        )}
      </div>
      {mistake ? (
        <p id={`${id}-wrong`} className="iq-wrong" role="alert">
          <span>{mistake.message}</span>
          {mistake.fix !== undefined && (
            <button type="button" className="btn small" onClick={() => replace(mistake.from, mistake.to, mistake.fix!)}>
              Replace with {mistake.fix}
            </button>
          )}
        </p>
      ) : (
        <p id={`${id}-help`} className="iq-help muted clip">
          {help ? (
            <>
              <code>{help.signature}</code> {help.help}
            </>
          ) : (
            language.hint
          )}
        </p>
      )}
    </div>
  );
}

const lineHeight = 20;

/** How many lines a text takes as it is broken in its box. */
function useLines(text: string, written: React.RefObject<HTMLElement | null>, area: React.RefObject<HTMLElement | null>): number {
  const [lines, setLines] = useState(() => text.split('\n').length);
  useLayoutEffect(() => {
    const count = (): void => {
      const height = written.current?.offsetHeight ?? 0;
      if (height > 0) setLines(Math.round(height / lineHeight));
    };
    count();
    const box = area.current;
    if (!box) return undefined;
    const watch = new ResizeObserver(count);
    watch.observe(box);
    return () => watch.disconnect();
  }, [text, written, area]);
  return lines;
}

/** The text in its colours, and what is wrong underlined. */
function Coloured({ text, language, mistake }: { text: string; language: Language; mistake: Mistake | undefined }): React.ReactElement {
  const list = useMemo(() => language.pieces(text), [text, language]);
  const parts: React.ReactNode[] = [];
  const put = (from: number, to: number, kind: string): void => {
    if (to > from)
      parts.push(
        <span key={from} className={kind === 'space' ? undefined : `t-${kind}`}>
          {text.slice(from, to)}
        </span>,
      );
  };
  for (const p of list) {
    if (!mistake || mistake.to <= p.from || mistake.from >= p.to) put(p.from, p.to, p.kind);
    else {
      const [a, b] = [Math.max(mistake.from, p.from), Math.min(mistake.to, p.to)];
      put(p.from, a, p.kind);
      put(a, b, `${p.kind === 'space' ? 'sign' : p.kind} wrong`);
      put(b, p.to, p.kind);
    }
  }
  return (
    <>
      {parts}
      {mistake && mistake.from >= text.length && <span className="wrong"> </span>}
      {'\n'}
    </>
  );
}

/** The node and offset that hold a character. */
function nodeAt(root: Node, at: number): [Node, number] | undefined {
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  let left = at;
  for (let n = walk.nextNode(); n; n = walk.nextNode()) {
    const length = n.nodeValue?.length ?? 0;
    if (left < length) return [n, left];
    left -= length;
  }
  return undefined;
}

/** Right below a character, from the corner of the box. */
function placeIn(paper: HTMLElement | null, area: HTMLElement | null, at: number): { x: number; y: number } | undefined {
  const found = paper && nodeAt(paper, at);
  if (!paper || !area || !found) return undefined;
  const range = document.createRange();
  range.setStart(found[0], found[1]);
  range.setEnd(found[0], Math.min(found[1] + 1, found[0].nodeValue?.length ?? 0));
  const r = range.getClientRects()[0] ?? range.getBoundingClientRect();
  const box = area.getBoundingClientRect();
  return { x: Math.min(Math.max(r.left - box.left, 0), Math.max(box.width - 420, 0)), y: r.top - box.top + 22 };
}

/** Help for the command or function under the pointer. */
function helpUnder(
  paper: HTMLElement | null,
  e: React.PointerEvent,
  text: string,
  language: Language,
): { help: Help; x: number; y: number } | undefined {
  if (!paper) return undefined;
  const box = paper.getBoundingClientRect();
  for (const p of language.pieces(text)) {
    if (p.kind !== 'command' && p.kind !== 'function') continue;
    const [a, b] = [nodeAt(paper, p.from), nodeAt(paper, p.to - 1)];
    if (!a || !b) continue;
    const range = document.createRange();
    range.setStart(a[0], a[1]);
    range.setEnd(b[0], b[1] + 1);
    const r = range.getBoundingClientRect();
    if (e.clientX < r.left || e.clientX > r.right || e.clientY < r.top || e.clientY > r.bottom) continue;
    const help = language.help(text, p.to);
    return help && { help, x: r.left - box.left, y: r.bottom - box.top + 4 };
  }
  return undefined;
}
