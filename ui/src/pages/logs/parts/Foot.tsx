import { count } from '../../../time/format';
import type { Histogram } from '../data';
import type { Feed } from '../feed';

interface Props {
  feed: Feed;
  histogram: Histogram | undefined;
  total: number | undefined;
}

/** How many lines there are, how many are here, and what it took. */
export function Foot({ feed, histogram, total }: Props): React.ReactElement {
  return (
    <p className="lfoot muted" role="status">
      {total !== undefined && <span>{total === 1 ? '1 line' : `${count(total)} lines`} of all levels</span>}
      {(feed.started || feed.lines.length > 0) && (
        <span>
          {count(feed.lines.length)} loaded{feed.tail.open || feed.head.open ? ', more as you scroll' : ''}
        </span>
      )}
      {histogram && (
        <span>
          {count(histogram.scanned)} rows looked at in {Math.round(histogram.elapsedMs)}
          {'\u2009'}ms
        </span>
      )}
      {histogram && !histogram.complete && <span>part of the data could not be read</span>}
    </p>
  );
}
