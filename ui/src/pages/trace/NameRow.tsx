import { memo } from 'react';

import { rowHeight } from '../../charts/bars';
import { flag, nameOf, serviceOf, type TraceModel } from '../../charts/model';
import { duration } from '../../time/format';
import { serviceMark } from './serviceMark';

export interface NameRowProps {
  trace: TraceModel;
  span: number;
  times: number;
  index: number;
  level: number;
  /** How far each level is moved in, in pixels. */
  indent: number;
  selected: boolean;
  folded: boolean;
  match: 'yes' | 'no' | 'none';
  onSelect: (i: number) => void;
  onToggle: (index: number) => void;
}

const usual = 14;
const room = 126; // what all levels together may take
const least = 5;
const deepest = Math.floor(room / least); // levels beyond are not moved further in, but say which they are

/** How far to move each level in, so that the names of a deep tree can still be read. */
export function indentOf(levels: number): number {
  return Math.max(Math.min(usual, Math.floor(room / Math.max(levels, 1))), least);
}

/** A span's row in the tree: twisty, service, name and what is special about it. */
export const NameRow = memo(function NameRow(p: NameRowProps): React.ReactElement {
  const { trace, span: i, times } = p;
  const s = trace.spans;
  const flags = s.flags[i]!;
  const service = serviceOf(trace, i);
  const name = nameOf(trace, i);
  const parent = times > 1 || s.descendants[i]! > 0;
  const open = parent && times === 1 && !p.folded;
  const missing = (flags & flag.placeholder) !== 0;
  const error = (flags & flag.error) !== 0;
  const depth = Math.min(p.level, deepest) * p.indent;
  const marks = trace.markStart[i + 1]! - trace.markStart[i]!;
  return (
    // Keys work on the grid as a whole, which says which row is active.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      role="row"
      id={`row-${p.index}`}
      aria-rowindex={p.index + 1}
      aria-level={p.level + 1}
      aria-expanded={parent ? open : undefined}
      aria-selected={p.selected}
      aria-label={`${service}${service && ', '}${name}, ${duration(s.duration[i]!)}, starts at ${duration(s.start[i]!)}${error ? ', error' : ''}${times > 1 ? `, ${times} times` : ''}`}
      className={`name${p.selected ? ' selected' : ''}${p.match === 'no' ? ' dim' : ''}${p.match === 'yes' ? ' match' : ''}`}
      style={{ top: p.index * rowHeight }}
      onClick={() => p.onSelect(i)}
      onDoubleClick={() => parent && p.onToggle(p.index)}
    >
      <span role="gridcell" className="cell">
        <span className="guides" style={{ width: depth, '--in': `${p.indent}px` } as React.CSSProperties} />
        {parent ? (
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions
          <span
            className="twisty"
            title={open ? 'Fold (←)' : 'Unfold (→)'}
            onClick={(e) => {
              e.stopPropagation();
              p.onToggle(p.index);
            }}
          >
            {open ? '▾' : '▸'}
          </span>
        ) : (
          <span className="twisty" />
        )}
        <span className="bar-mark" style={serviceMark(trace, i)} />
        {p.level > deepest && (
          <span className="of" title="Level in the tree">
            {p.level + 1}
          </span>
        )}
        {service && !missing && (
          <span className="of" title={service}>
            {service}
          </span>
        )}
        <span className="what" title={name}>
          {name}
        </span>
        {times > 1 && <span className="badge fold">× {times}</span>}
        {parent && !open && times === 1 && <span className="badge fold">+{s.descendants[i]}</span>}
        {s.http[i]! > 0 && <span className={s.http[i]! >= 400 ? 'badge' : 'badge quiet'}>{s.http[i]}</span>}
        {error && (
          <span className="mark" title="Error">
            ●
          </span>
        )}
        {!error && (flags & flag.errorBelow) !== 0 && (
          <span className="mark" title="Error below">
            ○
          </span>
        )}
        {(flags & flag.links) !== 0 && (
          <span className="badge quiet" title="Has links">
            ↗
          </span>
        )}
        {marks > 0 && !open && times === 1 && (flags & flag.events) !== 0 && (
          <span className="badge quiet" title="Has events">
            {marks} ev
          </span>
        )}
        {(flags & flag.loop) !== 0 && <span className="badge warn">loop cut</span>}
        {(flags & flag.duplicate) !== 0 && <span className="badge warn">id twice</span>}
        {(flags & flag.clock) !== 0 && (
          <span className="badge quiet" title="The sender's clock was corrected">
            clock
          </span>
        )}
      </span>
    </div>
  );
});
