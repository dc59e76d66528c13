import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';

import { clock, day, momentMs } from '../../../time/format';
import { VirtualList, type ListHandle } from '../../../widgets/VirtualList';
import type { Feed } from '../feed';
import { speakerOf, type Line } from '../lines';
import { LineRow, type RowLook } from './LineRow';

export const rowHeight = 22;
/** Lines from an end at which more of them are asked for. */
const near = 150;

interface Props {
  feed: Feed;
  name: string;
  look: RowLook;
  slotOf: (service: string) => number;
  /** Positions of the open and of the focused line. */
  open: string;
  focused: string;
  picked: ReadonlySet<string>;
  isFaint?: (line: Line) => boolean;
  onPress: (i: number, e: React.MouseEvent) => void;
  onShown?: (from: number, to: number) => void;
  handle: React.RefObject<ListHandle | null>;
  header?: React.ReactNode;
  /** The line that the list opens on. */
  anchor: string;
}

/** Lines of a feed: only those in view are there, and more come at both ends as they are scrolled to. */
export function LineList(props: Props): React.ReactElement {
  const { feed, look, open, focused, picked, slotOf, isFaint, onPress, onShown, handle, anchor } = props;
  useSyncExternalStore(feed.subscribe, feed.version);
  const [whole, setWhole] = useState<ReadonlySet<string>>(new Set());
  const onWhole = useCallback(
    (at: string) => {
      setWhole((w) => new Set(w).add(at));
      // One that is gone, or can't be read now, stays as it is: the button is still there.
      feed.whole(feed.lines.filter((l) => l.at === at)).catch(() => undefined);
    },
    [feed],
  );
  const { lines } = feed;
  // Once, when the lines around the anchor are there.
  const placed = useRef<Feed>(undefined);
  useEffect(() => {
    if (placed.current === feed || anchor === '' || feed.lines.length === 0 || feed.head.loading || feed.tail.loading) return;
    placed.current = feed;
    const i = indexOf(feed, anchor);
    if (i >= 0) handle.current?.reveal(i, true);
  });
  const shown = useCallback(
    (from: number, to: number): void => {
      if (to > feed.lines.length - near && feed.tail.open && !feed.tail.error) void feed.more('tail');
      if (from < near && feed.head.open && !feed.head.error) void feed.more('head');
      onShown?.(from, to);
    },
    [feed, onShown],
  );
  const head = feed.head.loading && feed.lines.length > 0 ? 'Loading…' : '';
  return (
    <VirtualList
      handle={handle}
      className={look.wrap ? 'lines wrapped' : 'lines'}
      count={lines.length}
      change={feed.change}
      rowHeight={rowHeight}
      measured={look.wrap}
      look={`${look.wrap} ${look.cols.length}`}
      keyOf={(i) => lines[i]!.at}
      onShown={shown}
      header={props.header}
      headerHeight={props.header ? 24 : 0}
      grid={{ role: 'grid', 'aria-label': props.name, 'aria-rowcount': -1, 'aria-busy': feed.tail.loading || feed.head.loading }}
      attributes={{
        tabIndex: 0,
        onClick: (e) => {
          const row = (e.target as HTMLElement).closest<HTMLElement>('[data-index]');
          // Text that was just selected is to be copied, not left.
          if (row && (e.shiftKey || String(getSelection()) === '')) onPress(Number(row.dataset.index), e);
        },
        style: { '--lgrid': gridOf(look) } as React.CSSProperties,
      }}
      footer={
        <p className="lend muted" role="status">
          {feed.tail.error ? (
            <>
              {feed.tail.error.message}{' '}
              <button type="button" className="btn small" onClick={() => void feed.more('tail')}>
                Try again
              </button>
            </>
          ) : feed.tail.loading ? (
            looking(feed, look.utc)
          ) : feed.tail.open || lines.length === 0 ? (
            head
          ) : (
            'No more lines in this range'
          )}
        </p>
      }
      render={(i) => {
        const line = lines[i]!;
        return (
          <LineRow
            line={line}
            look={look}
            slot={slotOf(speakerOf(line))}
            open={line.at === open}
            focused={line.at === focused}
            picked={picked.has(line.at)}
            faint={isFaint?.(line) ?? false}
            whole={whole.has(line.at)}
            onWhole={onWhole}
          />
        );
      }}
    />
  );
}

/** How far a search has come that finds little. */
function looking(feed: Feed, utc: boolean): string {
  if (feed.lines.length > 0) return 'Loading more…';
  if (feed.tail.reached === '') return 'Looking…';
  const ms = momentMs(feed.tail.reached);
  return `Nothing yet: looked ${feed.order === 'desc' ? 'back' : 'on'} to ${day(ms, utc)} ${clock(ms, utc)}…`;
}

/** Widths of the columns: the same for every row, so that they stand in line. */
export function gridOf(look: RowLook): string {
  return `${look.days ? 136 : 92}px 30px ${look.service ? '124px ' : ''}${look.cols.map(() => 'minmax(80px, 150px)').join(' ')} minmax(200px, 1fr)`;
}

/** Where a line is in a feed, -1 if it is not there. */
export function indexOf(feed: Feed, at: string): number {
  return feed.lines.findIndex((l) => l.at === at);
}
