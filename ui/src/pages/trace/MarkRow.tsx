import { memo } from 'react';

import { rowHeight } from '../../charts/bars';
import { levelOf } from '../../charts/level';
import { mark, type TraceModel } from '../../charts/model';
import { messageOf } from '../../query/messageFirst';
import { duration } from '../../time/format';

interface Props {
  trace: TraceModel;
  /** The line, as an index of the trace's annotations. */
  mark: number;
  index: number;
  level: number;
  indent: number;
  selected: boolean;
  onSelect: (mark: number) => void;
}

/** A log line or an error in the tree, at its time under its span. */
export const MarkRow = memo(function MarkRow(p: Props): React.ReactElement {
  const { kind, name, severity, time } = p.trace.annotations;
  const log = kind[p.mark] === mark.log;
  const word = p.trace.strings[severity[p.mark]!] ?? '';
  const level = log ? levelOf(word) : 'error';
  const whole = p.trace.strings[name[p.mark]!] || '(empty)';
  const text = messageOf(whole);
  return (
    // Keys work on the grid as a whole, which says which row is active.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      role="row"
      id={`row-${p.index}`}
      aria-rowindex={p.index + 1}
      aria-level={p.level + 1}
      aria-selected={p.selected}
      aria-label={`${log ? `log, ${word || 'no level'}` : 'error'}, ${text}, at ${duration(time[p.mark]!)}`}
      className={`name line${p.selected ? ' selected' : ''}`}
      style={{ top: p.index * rowHeight }}
      onClick={() => p.onSelect(p.mark)}
    >
      <span role="gridcell" className="cell">
        <span className="guides" style={{ width: p.level * p.indent, '--in': `${p.indent}px` } as React.CSSProperties} />
        <span className="twisty" />
        <span className={`level ${level}`}>{log ? level.slice(0, 3) : '◆ err'}</span>
        <span className="what" title={whole}>
          {text}
        </span>
      </span>
    </div>
  );
});
