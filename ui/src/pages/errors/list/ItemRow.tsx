import { memo, useCallback } from 'react';

import type { ErrorItem } from '../../../api/errors';
import { linkTo } from '../../../app/location';
import { Canvas } from '../../../charts/Canvas';
import { drawSpark } from '../../../charts/draw';
import type { Theme } from '../../../charts/theme';
import { clock, count, day, momentMs } from '../../../time/format';
import { age, noEnvironment, placeWords, shortLevel, stateOf, titleParts, versionsOf } from './columns';

interface Props {
  item: ErrorItem;
  now: number;
  utc: boolean;
  focused: boolean;
  picked: boolean;
  span: string;
  onPick: (range: boolean) => void;
}

const sparkWidth = 96;
const sparkHeight = 22;

/** One item: what it is, how often, for how many, since when. */
export const ItemRow = memo(function ItemRow({ item, now, utc, focused, picked, span, onPick }: Props): React.ReactElement {
  const state = stateOf(item, now);
  const [cls, rest] = titleParts(item.title);
  const when = (at: string): string => (at === '' ? '' : `${day(momentMs(at), utc)} ${clock(momentMs(at), utc)}`);
  return (
    <div role="row" aria-selected={picked} className={`erow${focused ? ' focused' : ''}${picked ? ' picked' : ''}`} data-level={item.level}>
      <span role="gridcell" className="epick">
        <input
          type="checkbox"
          aria-label={`Select #${item.counter}`}
          checked={picked}
          tabIndex={-1}
          onClick={(e) => onPick(e.shiftKey)}
          onChange={() => undefined}
        />
      </span>
      <span role="gridcell" className={`elevel el-${item.level}`} title={item.level}>
        {shortLevel[item.level]}
      </span>
      <span role="gridcell" className="etitle">
        <a {...linkTo(`/errors/${item.id}`)} className="clip" title={item.title.slice(0, 500)}>
          {cls && <b>{cls}</b>}
          {rest || (cls ? '' : '(no title)')}
        </a>
        <span className="esub clip">
          <span className="ecounter">#{item.counter}</span>
          {state.kind !== 'active' && <span className={`badge es-${state.kind}`}>{state.word}</span>}
          {item.is_group && <span className="badge es-muted">group</span>}
          {item.comments > 0 && <span>{item.comments === 1 ? '1 comment' : `${item.comments} comments`}</span>}
          <span className="clip mono" title={item.culprit}>
            {item.culprit}
          </span>
        </span>
      </span>
      <span role="gridcell" className="espark">
        <Spark values={item.spark} label={`Occurrences of #${item.counter} over ${span}`} />
      </span>
      <span role="gridcell" className="num" title={`${item.total} occurrences`}>
        {count(item.total)}
      </span>
      <span role="gridcell" className="num" title={`${item.people} people`}>
        {item.people > 0 ? count(item.people) : <span className="muted">–</span>}
      </span>
      <span role="gridcell" className="num" title={when(item.last)}>
        {age(item.last, now)}
      </span>
      <span role="gridcell" className="num muted" title={when(item.first)}>
        {age(item.first, now)}
      </span>
      <span role="gridcell" className="mono clip eversion" title={[item.first_version, item.last_version].filter(Boolean).join(' … ')}>
        {versionsOf(item)}
      </span>
      <span role="gridcell" className="clip eenv" title={[placeWords(item.environment), item.framework].filter(Boolean).join(' · ')}>
        {item.environment === noEnvironment ? <span className="muted">not said</span> : item.environment}
        {item.framework !== 'unknown' && <span className="muted"> {item.framework}</span>}
      </span>
      <span role="gridcell" className="clip ewho" title={item.assignee?.name}>
        {item.assignee?.name ?? <span className="muted">–</span>}
      </span>
    </div>
  );
});

function Spark({ values, label }: { values: number[]; label: string }): React.ReactElement {
  const draw = useCallback(
    (ctx: CanvasRenderingContext2D, theme: Theme) => {
      ctx.fillStyle = theme.lineSubtle;
      ctx.fillRect(0, sparkHeight - 1, sparkWidth, 1);
      drawSpark(ctx, theme.accent, values, sparkWidth, sparkHeight);
    },
    [values],
  );
  return <Canvas width={sparkWidth} height={sparkHeight} label={label} draw={draw} />;
}
