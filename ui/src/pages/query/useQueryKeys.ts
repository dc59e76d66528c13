import { useKeys } from '../../app/keys';
import { setParams } from '../../app/location';
import { change, type Range } from '../../time/range';
import type { Draft } from './draft';
import { encodeView, tabs, type Tab } from './url';

interface Actions {
  range: Range;
  draft: Draft;
  onWhere: () => void;
  onRun: () => void;
  onAgain: () => void;
  onLive: () => void;
  onHistory: () => void;
  onMarkers: () => void;
  onBubble: () => void;
  onEscape: () => void;
}

const tabNames: Record<Tab, string> = {
  results: 'the results',
  traces: 'the traces',
  raw: 'raw data',
  explore: 'the fields',
  lines: 'log lines',
};

const set = (c: Parameters<typeof encodeView>[0]): void => setParams(encodeView(c));

/** The keys of the page. */
export function useQueryKeys({ range, draft, ...on }: Actions): void {
  useKeys('Query', {
    '/': ['add a condition', on.onWhere],
    'Ctrl+Enter': ['run', on.onRun],
    'Shift+Enter': ['', on.onRun],
    'Ctrl+z': ['undo a change of the query', () => draft.undo()],
    'Ctrl+Z': ['', () => draft.redo()],
    'Ctrl+y': ['redo it', () => draft.redo()],
    r: ['run again', on.onAgain],
    l: ['run again every 5 s', on.onLive],
    ...Object.fromEntries(tabs.map((t, i) => [String(i + 1), [`show ${tabNames[t]}`, () => set({ tab: t })] as [string, () => void]])),
    b: ['BubbleUp: what is different about what is picked', on.onBubble],
    h: ['history', on.onHistory],
    m: ['markers on or off', on.onMarkers],
    s: ['copy the link', () => void navigator.clipboard?.writeText(location.href)],
    Escape: ['stop the query, close BubbleUp, clear what is picked', on.onEscape],
    t: ['time range', () => document.querySelector<HTMLInputElement>('.timepicker input')?.focus()],
    '-': ['look at twice the time', () => set(change(range, Date.now(), { grow: 2 }))],
    '=': ['look at half the time', () => set(change(range, Date.now(), { grow: 0.5 }))],
    ',': ['earlier', () => set(change(range, Date.now(), { shift: -0.5 }))],
    '.': ['later', () => set(change(range, Date.now(), { shift: 0.5 }))],
  });
}
