import { useCallback, useLayoutEffect, useRef, useState } from 'react';

import { window1 } from './columns';

export interface RowsInView {
  /** The element that scrolls. */
  scroll: React.RefObject<HTMLDivElement | null>;
  /** Rows that are there. */
  from: number;
  to: number;
  /** Stands around the table for the rows that are not. */
  style: React.CSSProperties | undefined;
  onScroll: () => void;
  /** Brings a row into view that may not be there. */
  reveal: (row: number) => void;
}

/** So many rows are always all there. */
const few = 60;
const around = 8;
/** The view moves by steps of so many rows, so that not each movement is drawn anew. */
const step = 4;

/** Of a long table's rows only those in view are there, under a head and over a foot that stay. */
export function useRowsInView(count: number): RowsInView {
  const scroll = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 800, row: 27 });
  const look = useCallback((): void => {
    const e = scroll.current;
    if (!e) return;
    setView((v) => {
      const row = e.querySelector<HTMLElement>('tbody tr')?.offsetHeight || v.row;
      const top = Math.floor(e.scrollTop / (step * row)) * step * row;
      const height = e.clientHeight;
      return top === v.top && height === v.height && row === v.row ? v : { top, height, row };
    });
  }, []);
  useLayoutEffect(() => {
    const watch = new ResizeObserver(look);
    watch.observe(scroll.current!);
    return () => watch.disconnect();
  }, [look]);
  const { height, row } = view;
  const top = Math.min(view.top, Math.max(count * row - height, 0)); // of fewer rows than before
  const { from, to } = count <= few ? { from: 0, to: count } : window1(count, row, top, height + step * row, around);
  const reveal = (i: number): void => {
    const e = scroll.current;
    if (!e) return;
    const stays = (part: string): number => e.querySelector<HTMLElement>(part)?.offsetHeight ?? 0;
    const room = e.clientHeight - stays('thead') - stays('tfoot');
    if (i * row < e.scrollTop) e.scrollTop = i * row;
    else if ((i + 1) * row > e.scrollTop + room) e.scrollTop = (i + 1) * row - room;
    (e.querySelector('[data-focused]') ?? e).scrollIntoView({ block: 'nearest' });
  };
  const style = count <= few ? undefined : { paddingTop: from * row, paddingBottom: (count - to) * row };
  return { scroll, from, to, style, onScroll: look, reveal };
}
