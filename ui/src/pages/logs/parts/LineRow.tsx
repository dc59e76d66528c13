import { memo } from 'react';

import { bytes, clock, day } from '../../../time/format';
import { cellText } from '../../../query/cell';
import { shortLevel, sourceOf, speakerOf, type Line } from '../lines';
import { rowRuns, runsOf, withMarks, type Mark, type Run } from '../runs';
import { Middle } from '../../../widgets/Middle';

export interface RowLook {
  utc: boolean;
  wrap: boolean;
  /** The list spans more than a day. */
  days: boolean;
  cols: readonly string[];
  marks: readonly Mark[];
  /** Who said it has a column: not where all are of one. */
  service: boolean;
}

interface Props {
  line: Line;
  look: RowLook;
  slot: number;
  open: boolean;
  focused: boolean;
  picked: boolean;
  /** Not what was searched for, but around it. */
  faint: boolean;
  onWhole: ((at: string) => void) | undefined;
  whole: boolean;
}

/** In one row no more of a text is seen, however wide the window. */
const mostInRow = 700;
/** Wrapped, a text is cut here until somebody wants all of it. */
export const mostWrapped = 4096;

/** One line: when, how bad, who, what. */
export const LineRow = memo(function LineRow(props: Props): React.ReactElement {
  const { line, look, slot, open, focused, picked, faint, whole } = props;
  const classes = ['lrow', open && 'open', focused && 'focused', picked && 'picked', faint && 'faint'].filter(Boolean).join(' ');
  const cut = look.wrap && (line.cut > 0 || (!whole && line.body.length > mostWrapped));
  const runs = look.wrap ? runsOf(cut ? line.body.slice(0, mostWrapped) : line.body) : rowRuns(line.body, mostInRow);
  return (
    <div className={classes} role="row" aria-selected={open || picked} data-level={line.level}>
      <span className="lcell ltime" role="gridcell" title={`${day(line.ms, look.utc)} ${clock(line.ms, look.utc, true)} · ${line.ns} ns`}>
        {look.days && <span className="muted">{day(line.ms, look.utc).slice(5)} </span>}
        {clock(line.ms, look.utc, true)}
      </span>
      <span className={`lcell llevel lv-${line.level}`} role="gridcell">
        {shortLevel[line.level]}
      </span>
      {look.service && (
        <span className="lcell lservice" role="gridcell" title={line.service || sourceOf(line).group}>
          <span className="bar-mark" style={{ background: `var(--s${slot})` }} />
          <Middle text={speakerOf(line)} />
        </span>
      )}
      {look.cols.map((c) => (
        <span key={c} className="lcell lcol" role="gridcell">
          {line.fields.has(c) ? cellText(line.fields.get(c)).slice(0, 300) : <span className="muted">–</span>}
        </span>
      ))}
      <span className="lcell ltext" role="gridcell">
        <Runs runs={withMarks(runs, look.marks)} />
        {cut && (
          <button
            type="button"
            className="btn small lmore"
            onClick={(e) => {
              e.stopPropagation();
              props.onWhole?.(line.at);
            }}
          >
            … {bytes(line.cut || line.body.length)}, show all
          </button>
        )}
      </span>
    </div>
  );
});

export function Runs({ runs }: { runs: readonly Run[] }): React.ReactElement {
  return (
    <>
      {runs.map((r, i) =>
        r.look === '' ? (
          r.text
        ) : (
          <span key={i} className={r.look}>
            {r.text}
          </span>
        ),
      )}
    </>
  );
}
