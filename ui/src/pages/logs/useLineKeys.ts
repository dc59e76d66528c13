import { useRef } from 'react';

import { useKeys } from '../../app/keys';
import { go } from '../../app/location';
import { setPrefs, usePrefs } from '../../app/prefs';
import { cellText } from '../../query/cell';
import type { ListHandle } from '../../widgets/VirtualList';
import { asText } from './copy';
import type { Feed } from './feed';
import { nextMatch, type Line } from './lines';
import { addressOf, type LogsState } from './url';

interface Props {
  feed: Feed;
  list: React.RefObject<ListHandle | null>;
  state: LogsState;
  focused: string;
  setFocused: (at: string) => void;
  picked: ReadonlySet<string>;
  setPicked: (p: ReadonlySet<string>) => void;
  openAt: (at: string) => void;
  set: (c: Partial<LogsState>, replace?: boolean) => void;
  field: React.RefObject<HTMLInputElement | null>;
  refresh: () => void;
  /** The line itself holds what is searched for, rather than a field of it. */
  isMatch: (line: Line) => boolean;
}

/** Moves over lines, opens them and picks several, by key and by mouse. */
export function useLineKeys(p: Props): { step: (by: number) => void; press: (i: number, e: React.MouseEvent) => void } {
  const { feed, list, state, focused, picked } = p;
  const { logFields } = usePrefs();
  const { lines } = feed;
  const from = useRef('');
  const place = (): number => {
    const at = focused || state.line;
    return at === '' ? -1 : lines.findIndex((l) => l.at === at);
  };
  const to = (i: number): void => {
    const line = lines[Math.min(Math.max(i, 0), lines.length - 1)];
    if (!line) return;
    p.setFocused(line.at);
    list.current?.reveal(lines.indexOf(line));
    if (state.line !== '') p.openAt(line.at);
  };
  const step = (by: number): void => {
    const i = place();
    to(i < 0 ? (list.current?.shown().from ?? 0) : i + by);
  };
  const match = (by: 1 | -1): void => {
    const i = nextMatch(lines, place(), by, p.isMatch);
    if (i >= 0) to(i);
  };
  const current = (): (typeof lines)[number] | undefined => lines[place()];
  const pickTo = (i: number): void => {
    const a = lines.findIndex((l) => l.at === from.current);
    const [x, y] = [Math.min(a < 0 ? i : a, i), Math.max(a, i)];
    p.setPicked(new Set([...picked, ...lines.slice(x, y + 1).map((l) => l.at)]));
  };
  const flip = (at: string): void => {
    const next = new Set(picked);
    if (!next.delete(at)) next.add(at);
    from.current = at;
    p.setPicked(next);
  };
  useKeys('Lines', {
    '/': ['filter', () => p.field.current?.focus()],
    j: ['next line', () => step(1)],
    k: ['previous line', () => step(-1)],
    ArrowDown: ['', () => step(1)],
    ArrowUp: ['', () => step(-1)],
    PageDown: ['', () => step(20)],
    PageUp: ['', () => step(-20)],
    n: ['next line that holds what is searched for', () => match(1)],
    N: ['previous line that holds it', () => match(-1)],
    Home: ['first line', () => (list.current?.end('first'), p.setFocused(lines[0]?.at ?? ''))],
    End: ['last line that is loaded', () => (list.current?.end('last'), p.setFocused(lines.at(-1)?.at ?? ''))],
    Enter: ['open the line beside', () => current() && p.openAt(current()!.at)],
    'Ctrl+Enter': [
      'open its trace',
      () => {
        const trace = current()?.fields.get('trace.trace_id');
        if (trace) go(`/trace/${encodeURIComponent(cellText(trace))}`);
      },
    ],
    o: [
      'open it in a new tab',
      () => current() && window.open(`.${addressOf('logs', { ...state, line: current()!.at })}`, '_blank', 'noopener'),
    ],
    x: ['select the line', () => current() && flip(current()!.at)],
    X: ['select up to here', () => place() >= 0 && pickTo(place())],
    f: ['what can be done with its values', () => (state.line || focused) && values(p, state.line || focused)],
    y: [
      'copy the line, or those selected',
      () =>
        copy(
          feed,
          lines.filter((l) => (picked.size > 0 ? picked.has(l.at) : l.at === current()?.at)),
        ),
    ],
    w: ['wrap lines', () => p.set({ wrap: !state.wrap }, true)],
    i: ['lines around it', () => current() && p.set({ line: current()!.at, panel: 'context', bubble: false })],
    F: ['fields beside the lines', () => setPrefs({ logFields: !logFields })],
    r: ['look again', p.refresh],
    l: ['follow live', () => go(addressOf('logs/tail', { q: state.q, groups: state.groups, levels: state.levels, where: state.where }))],
    Escape: [
      'close, clear',
      () => {
        if (state.bubble) p.set({ bubble: false, sel: [] });
        else if (state.line !== '') p.set({ line: '' });
        else if (picked.size > 0) p.setPicked(new Set());
        else if (focused) p.setFocused('');
      },
    ],
  });
  return {
    step,
    press: (i, e) => {
      const line = lines[i];
      if (!line) return;
      p.setFocused(line.at);
      if (e.shiftKey) {
        getSelection()?.removeAllRanges();
        pickTo(i);
      } else if (e.ctrlKey || e.metaKey) flip(line.at);
      else {
        from.current = line.at;
        if (state.line === line.at) p.set({ line: '' });
        else p.openAt(line.at);
      }
    },
  };
}

/** Opens a line's fields, and gives the first value the focus: its menu opens by Enter. */
function values(p: Props, at: string): void {
  p.openAt(at);
  p.set({ panel: 'fields', line: at, bubble: false }, true);
  const focus = (tries: number): void => {
    const value = document.querySelector<HTMLElement>('.lfields dd button');
    if (value) value.focus();
    else if (tries > 0) requestAnimationFrame(() => focus(tries - 1));
  };
  requestAnimationFrame(() => focus(60));
}

function copy(feed: Feed, lines: Feed['lines']): void {
  if (lines.length > 0) void feed.whole(lines).then((whole) => navigator.clipboard?.writeText(asText(whole)));
}
