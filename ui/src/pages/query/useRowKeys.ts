import { useEffect, useRef, useState } from 'react';

import { useKeys, type Bindings } from '../../app/keys';

interface Rows {
  /** What a row is called where keys are listed. */
  of: string;
  count: number;
  /** Another list: no row has the keys any more. */
  list: string;
  /** Columns whose values have a menu. */
  columns: number;
  /** The element that holds the rows; the one with the keys is marked data-focused. */
  box: React.RefObject<HTMLElement | null>;
  open?: { about: string; run: (row: number) => void };
  newTab?: (row: number) => void;
  tick?: (rows: number[]) => void;
  /** Opens the menu of a value; without it that of the cell's own button. */
  menu?: (at: RowFocus) => void;
  /** Brings a row into view that may not be there. */
  reveal?: (at: RowFocus) => void;
  copy: (row: number) => string;
}

export interface RowFocus {
  row: number;
  column: number;
}

/** Moves over the rows of a table by key; what the mouse does with a row, keys do with the one that has them. */
export function useRowKeys({ of, count, list, columns, box, ...on }: Rows): RowFocus {
  const [at, setAt] = useState<RowFocus>({ row: -1, column: 0 });
  const tickedLast = useRef(-1);
  useEffect(() => setAt({ row: -1, column: 0 }), [list]);
  useEffect(() => {
    if (at.row < 0) return;
    if (on.reveal) on.reveal(at);
    else box.current?.querySelector('[data-focused]')?.scrollIntoView({ block: 'nearest' });
    // Only when another row or column has the keys.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [at, box]);
  const to = (row: number): void => setAt((a) => ({ ...a, row: Math.min(Math.max(row, 0), count - 1) }));
  const aside = (by: number): void => setAt((a) => ({ ...a, column: Math.min(Math.max(a.column + by, 0), Math.max(columns - 1, 0)) }));
  const here = (run: (row: number) => void) => (): void => {
    if (at.row >= 0 && at.row < count) run(at.row);
  };
  const bindings: Bindings = {
    j: [`next ${of}`, () => to(at.row + 1)],
    k: [`previous ${of}`, () => to(at.row - 1)],
    ArrowDown: ['', () => to(at.row + 1)],
    ArrowUp: ['', () => to(at.row - 1)],
    ArrowRight: ['', () => aside(1)],
    ArrowLeft: ['', () => aside(-1)],
    PageDown: ['', () => to(at.row + 15)],
    PageUp: ['', () => to(at.row - 15)],
    Home: [`first ${of}`, () => to(0)],
    End: [`last ${of}`, () => to(count - 1)],
    ...(on.open && { Enter: [on.open.about, here(on.open.run)] as Bindings[string] }),
    ...(on.newTab && { o: ['open it in a new tab', here(on.newTab)] as Bindings[string] }),
    ...(on.tick && picking(of, on.tick, tickedLast, here)),
    ...(columns > 0 && {
      f: [
        'what can be done with its value',
        here(() => {
          if (on.menu) on.menu(at);
          else box.current?.querySelectorAll<HTMLElement>('[data-focused] .cellmenu button')[at.column]?.click();
        }),
      ] as Bindings[string],
    }),
    y: [`copy the ${of}`, here((row) => void navigator.clipboard?.writeText(on.copy(row)))],
  };
  // Before the first row is reached, arrows scroll the page as ever.
  const bound = at.row >= 0 ? bindings : Object.fromEntries(Object.entries(bindings).filter(([key]) => !scrolling.includes(key)));
  useKeys('Rows', count > 0 ? bound : none);
  return at;
}

const none: Bindings = {};
const scrolling = ['ArrowDown', 'ArrowUp', 'ArrowLeft', 'ArrowRight', 'PageDown', 'PageUp', 'End'];

function picking(
  of: string,
  tick: (rows: number[]) => void,
  last: React.RefObject<number>,
  here: (run: (row: number) => void) => () => void,
): Bindings {
  return {
    x: [
      `pick the ${of} for BubbleUp`,
      here((row) => {
        last.current = row;
        tick([row]);
      }),
    ],
    X: [
      'pick all up to here',
      here((row) => {
        const from = Math.max(last.current, 0);
        const [a, b] = [Math.min(from, row), Math.max(from, row)];
        tick(Array.from({ length: b - a + 1 }, (_, i) => a + i));
      }),
    ],
  };
}
