import { useRef } from 'react';

import { useKeys, type Bindings } from '../../app/keys';
import { getPrefs, setPrefs } from '../../app/prefs';
import { isError, type TraceModel } from '../../charts/model';
import type { Rows } from '../../charts/rows';
import { pan, zoom, type Viewport, type Window } from '../../charts/viewport';
import { views, type TraceState } from './url';
import type { Folding } from './useFolding';

interface Input {
  trace: TraceModel;
  rows: Rows;
  viewport: Viewport;
  folding: Folding;
  selected: number;
  /** The selected row, which may be a log line. */
  at: number;
  state: TraceState;
  matches: Uint8Array | undefined;
  select: (i: number) => void;
  selectMark: (mark: number) => void;
  show: (i: number) => void;
  seek: (by: 1 | -1, test: (i: number) => boolean) => void;
  sibling: (by: 1 | -1) => void;
  set: (change: Partial<TraceState>, replace?: boolean) => void;
}

/** The keys of the trace page. */
export function useTraceKeys(p: Input): void {
  const before = useRef<Window>(undefined);
  useKeys('Trace', { ...rowKeys(p), ...zoomKeys(p, before), ...foldKeys(p), ...viewKeys(p) });
}

function rowKeys({ trace, rows, folding, selected, at, select, selectMark, show, seek, sibling, matches }: Input): Bindings {
  const s = trace.spans;
  const step = (by: number): void => {
    const row = Math.min(Math.max(at + by, 0), rows.count - 1);
    const mark = rows.mark[row];
    if (mark === undefined) return;
    if (mark >= 0) selectMark(mark);
    else select(rows.span[row]!);
  };
  const isMark = at >= 0 && rows.mark[at]! >= 0;
  const isFolded = at >= 0 && !isMark && (rows.times[at]! > 1 || folding.folded.has(selected));
  return {
    ArrowDown: ['next row', () => step(1)],
    ArrowUp: ['previous row', () => step(-1)],
    PageDown: ['a page down', () => step(20)],
    PageUp: ['a page up', () => step(-20)],
    Home: ['first row', () => step(-rows.count)],
    End: ['last row', () => step(rows.count)],
    ArrowRight: [
      'unfold, or go to the first child',
      () => (isFolded ? folding.toggle(rows, at) : s.descendants[selected]! > 0 && show(selected + 1)),
    ],
    ArrowLeft: [
      'fold, or go to the parent',
      () => {
        if (isMark) select(selected);
        else if (at >= 0 && !isFolded && s.descendants[selected]! > 0) folding.toggle(rows, at);
        else if (s.parent[selected]! >= 0) show(s.parent[selected]!);
      },
    ],
    '.': ['next sibling', () => sibling(1)],
    ',': ['previous sibling', () => sibling(-1)],
    e: ['next error', () => seek(1, (i) => isError(trace, i))],
    E: ['previous error', () => seek(-1, (i) => isError(trace, i))],
    n: ['next match', () => matches && seek(1, (i) => matches[i] === 1)],
    N: ['previous match', () => matches && seek(-1, (i) => matches[i] === 1)],
  };
}

function zoomKeys({ trace, viewport, selected }: Input, before: React.RefObject<Window | undefined>): Bindings {
  const by = (factor: number) => (): void => {
    const w = viewport.window;
    // Towards the selected span if it is in view.
    const middle = trace.spans.start[selected]! + trace.spans.duration[selected]! / 2;
    viewport.setWindow(zoom(w, viewport.total, factor, middle > w.from && middle < w.to ? middle : (w.from + w.to) / 2));
  };
  const move = (share: number) => (): void => viewport.setWindow(pan(viewport.window, viewport.total, share));
  return {
    w: ['zoom in', by(0.6)],
    s: ['zoom out', by(1 / 0.6)],
    a: ['pan left', move(-0.2)],
    d: ['pan right', move(0.2)],
    z: [
      'fit to the span, again: back',
      () => {
        if (before.current) {
          viewport.setWindow(before.current);
          before.current = undefined;
          return;
        }
        before.current = viewport.window;
        const length = Math.max(trace.spans.duration[selected]!, viewport.total / 1e5);
        viewport.setWindow({ from: trace.spans.start[selected]! - length * 0.05, to: trace.spans.start[selected]! + length * 1.05 });
      },
    ],
    0: ['whole trace', () => viewport.setWindow({ from: 0, to: viewport.total })],
  };
}

function foldKeys({ folding, selected }: Input): Bindings {
  const depths = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n): [string, Bindings[string]] => [
    String(n),
    [n === 1 ? 'only the first level; 2 to 9 likewise' : '', () => folding.toDepth(n)],
  ]);
  return {
    c: ['fold all', () => folding.toDepth(2)],
    C: ['unfold all', () => folding.unfoldAll()],
    'Shift+ArrowLeft': ['fold the whole subtree', () => folding.toggleSubtree(selected, true)],
    'Shift+ArrowRight': ['unfold the whole subtree', () => folding.toggleSubtree(selected, false)],
    ...Object.fromEntries(depths),
  };
}

function viewKeys({ trace, selected, state, set }: Input): Bindings {
  return {
    i: ['log lines and errors as rows', () => set({ logs: !state.logs })],
    p: ['critical path', () => set({ critical: !state.critical })],
    "'": ['show or hide the span panel', () => setPrefs({ panel: !getPrefs().panel })],
    v: ['next view', () => set({ view: views[(views.indexOf(state.view) + 1) % views.length] }, false)],
    Enter: [
      'make this span the root',
      () => set({ root: state.root === trace.spans.id[selected] ? '' : trace.spans.id[selected]! }, false),
    ],
    Escape: ['back to the whole trace', () => state.root && set({ root: '' }, false)],
    y: ['copy the link', () => void navigator.clipboard.writeText(location.href)],
  };
}
