import { useCallback, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from 'react';

import { Heights } from './heights';

export interface ListChange {
  version: number;
  /** Rows that came before all others, or went if negative; those that came or went at the end. */
  before: number;
  after: number;
  fresh: boolean;
}

export interface ListHandle {
  /** Brings a row into view, with as little movement as that needs, or to the middle. */
  reveal: (i: number, middle?: boolean) => void;
  /** Goes to the first row, or to below the last. */
  end: (which: 'first' | 'last') => void;
  /** Rows that are in view now. */
  shown: () => { from: number; to: number };
}

interface Props {
  count: number;
  change: ListChange;
  /** Height of a row that was not seen, or of every row. */
  rowHeight: number;
  /** Rows are as high as they turn out to be. */
  measured: boolean;
  /** Heights that were measured count no more when this changes. */
  look: string;
  render: (i: number) => React.ReactNode;
  keyOf: (i: number) => string;
  handle: React.Ref<ListHandle>;
  /** Rows in view, each time they change. */
  onShown?: (from: number, to: number) => void;
  onScroll?: (atFirst: boolean, atLast: boolean, byHand: boolean) => void;
  className?: string;
  /** Of the element that scrolls. */
  attributes?: React.HTMLAttributes<HTMLDivElement>;
  /** Of the element that holds the rows and their header. */
  grid?: React.HTMLAttributes<HTMLDivElement>;
  header?: React.ReactNode;
  headerHeight?: number;
  footer?: React.ReactNode;
  /** Stays at the end while rows come there, unless somebody scrolled away. */
  follow?: 'first' | 'last' | undefined;
}

const overscan = 240;

/**
 * A list of very many rows of which only those in view are there. Rows that come
 * or go above the view don't move what is in it.
 */
export function VirtualList(props: Props): React.ReactElement {
  const { count, change, rowHeight, measured, look, render, keyOf, headerHeight = 0, follow } = props;
  const box = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const heights = useRef<{ h: Heights; look: string; version: number }>(undefined);
  const [, redraw] = useState(0);
  const view = useRef({ top: 0, height: 600, from: -1, to: -1 });
  const byProgram = useRef(false);
  /** By how much rows above the view have pushed it. */
  const keep = useRef(0);

  // Heights follow the rows before they are drawn.
  const known = heights.current;
  if (
    !known ||
    known.look !== look ||
    change.fresh ||
    known.h.count + (known.version === change.version ? 0 : change.before + change.after) !== count
  ) {
    heights.current = { h: new Heights(count, rowHeight), look, version: change.version };
  } else if (known.version !== change.version) {
    const gone = known.h.top(Math.max(-change.before, 0));
    known.h.change(change);
    keep.current += change.before >= 0 ? known.h.top(change.before) : -gone;
    known.version = change.version;
  }
  const { h } = heights.current!;

  const range = useCallback((): { from: number; to: number } => {
    const v = view.current;
    if (count === 0) return { from: 0, to: 0 };
    const top = v.top - headerHeight;
    return { from: h.at(top - overscan), to: Math.min(h.at(top + v.height + overscan) + 1, count) };
  }, [count, h, headerHeight]);

  const tell = useCallback((): void => {
    const v = view.current;
    if (count > 0) props.onShown?.(h.at(v.top), Math.min(h.at(v.top + v.height - headerHeight - 1) + 1, count));
    // The rows in view follow from the list and the place.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [count, h, headerHeight, props.onShown]);

  const scrollTo = (y: number): void => {
    const e = box.current;
    if (!e) return;
    byProgram.current = Math.abs(e.scrollTop - y) >= 1;
    e.scrollTop = y;
    view.current.top = e.scrollTop;
  };

  useLayoutEffect(() => {
    const e = box.current!;
    const measure = (): void => {
      view.current.height = e.clientHeight;
      redraw((n) => n + 1);
    };
    const watch = new ResizeObserver(measure);
    watch.observe(e);
    measure();
    return () => watch.disconnect();
  }, []);

  // What came or went above the view moves the view with it.
  useLayoutEffect(() => {
    const e = box.current!;
    const by = keep.current;
    keep.current = 0;
    if (follow === 'first') scrollTo(0);
    else if (follow === 'last') scrollTo(e.scrollHeight);
    else if (by !== 0) scrollTo(Math.max(view.current.top + by, 0));
    if (by !== 0 || follow) redraw((n) => n + 1);
    tell();
    // Only when the rows change.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [change.version, count, follow, look]);

  const { from, to } = range();
  view.current.from = from;
  view.current.to = to;

  // Rows that are there now are measured; those above the view must not push it.
  // It ends when a pass finds no height that is new.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  useLayoutEffect(() => {
    if (!measured) return;
    let moved = 0;
    let some = false;
    const first = h.at(view.current.top - headerHeight);
    for (const row of inner.current!.children) {
      const i = Number((row as HTMLElement).dataset.index);
      const before = h.of(i);
      if (!h.set(i, (row as HTMLElement).offsetHeight)) continue;
      some = true;
      if (i < first) moved += h.of(i) - before;
    }
    if (!some) return;
    if (moved !== 0 && !follow) scrollTo(view.current.top + moved);
    if (follow === 'last') scrollTo(h.total);
    redraw((n) => n + 1);
  });

  useImperativeHandle(
    props.handle,
    () => ({
      reveal: (i, middle) => {
        const v = view.current;
        const [top, bottom] = [h.top(i), h.top(i + 1)];
        const room = v.height - headerHeight;
        if (middle) scrollTo(Math.max(top - room / 2, 0));
        else if (top < v.top) scrollTo(top);
        else if (bottom > v.top + room) scrollTo(bottom - room);
        redraw((n) => n + 1);
      },
      end: (which) => {
        scrollTo(which === 'first' ? 0 : h.total + headerHeight);
        redraw((n) => n + 1);
      },
      shown: () => ({
        from: h.at(view.current.top),
        to: Math.min(h.at(view.current.top + view.current.height - headerHeight - 1) + 1, count),
      }),
    }),
    [h, count, headerHeight],
  );

  useEffect(tell, [tell]);

  const rows: React.ReactNode[] = [];
  for (let i = from; i < to; i++) {
    rows.push(
      <div
        key={keyOf(i)}
        data-index={i}
        className="vrow"
        style={{ transform: `translateY(${h.top(i)}px)`, height: measured ? undefined : rowHeight }}
      >
        {render(i)}
      </div>,
    );
  }
  return (
    <div
      {...props.attributes}
      ref={box}
      className={`vlist ${props.className ?? ''}`}
      onScroll={(e) => {
        const { scrollTop, clientHeight, scrollHeight } = e.currentTarget;
        const v = view.current;
        const hand = !byProgram.current;
        byProgram.current = false;
        v.top = scrollTop;
        v.height = clientHeight;
        const now = range();
        if (now.from !== v.from || now.to !== v.to) redraw((n) => n + 1);
        tell();
        props.onScroll?.(scrollTop < 4, scrollTop + clientHeight > scrollHeight - 4, hand);
      }}
    >
      <div {...props.grid}>
        {props.header}
        <div className="vsize" style={{ height: h.total }} ref={inner} role={props.grid ? 'rowgroup' : undefined}>
          {rows}
        </div>
      </div>
      {props.footer}
    </div>
  );
}
