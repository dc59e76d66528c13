import { useMemo } from 'react';

import type { Bounds } from '../../../charts/heatmap';

import type { Hover } from '../../../charts/hover';
import type { Marker } from '../../../charts/markers';
import type { Question } from '../../../query/question';
import { count, momentMs } from '../../../time/format';
import { unitOf } from '../../../query/cell';
import { followed, mostFollowed } from '../data';
import { bucketsLate, chartsOf, groupId, groupLabel, moved, type Answer, type Series } from '../result';
import type { Drawing } from '../url';
import { useGroupHeat } from '../useGroupHeat';
import { HeatChart, side } from './HeatChart';
import { LineChart, type GroupLine, type Point } from './LineChart';

/** A clicked point with the group and the time that it stands for. */
export interface PickedPoint extends Omit<Point, 'bucket'> {
  /** Of a cell of a heatmap: the values that it holds. */
  bounds?: Bounds;
  calc: string;
  op: string;
  column: string | undefined;
  /** Its bucket in ns from the start of the result. */
  from: number;
  to: number;
}

interface Props {
  dataset: string;
  answer: Answer;
  question: Question;
  slots: ReadonlyMap<string, number>;
  hover: Hover;
  draw: Drawing;
  log: boolean;
  onZoom: (from: number, to: number) => void;
  onPickTime: (from: number, to: number) => void;
  onPoint: (p: PickedPoint) => void;
  /** Rectangles of a column that are picked; times in ns from the start. */
  picked: { column: string; list: Bounds[] } | undefined;
  onPick: (column: string, list: Bounds[]) => void;
  onBubble: () => void;
  onExample: (column: string, b: Bounds) => void;
  markers: readonly Marker[];
}

/** One chart for each calculation, with the same time across. */
export function Charts(props: Props): React.ReactElement {
  const { answer, question, slots } = props;
  const { result } = answer;
  const total = Number(BigInt(result.end) - BigInt(result.start));
  const order = useMemo(() => new Map(result.rows.map((r, i) => [groupId(r.slice(0, result.breakdowns)), i])), [result]);
  const charts = chartsOf(question);
  const lines = useMemo(() => {
    const of = (series: Series | undefined, key: string): GroupLine[] =>
      (series?.groups ?? [])
        .filter((g) => g.values[key])
        .map((g) => ({
          id: groupId(g.key),
          label: groupLabel(g.key),
          slot: result.breakdowns === 0 ? 1 : (slots.get(groupId(g.key)) ?? 0),
          values: g.values[key]!,
        }))
        .sort((a, b) => (order.get(a.id) ?? 1e9) - (order.get(b.id) ?? 1e9));
    return new Map(
      chartsOf(question).map(({ key }) => {
        const groups = of(result.series, key);
        const before = new Map(of(result.compare?.series, key).map((g) => [g.id, g]));
        // The same order as the groups, so that a tip finds what was.
        const late = bucketsLate(result);
        const earlier = result.compare ? groups.map((g) => ({ ...g, values: moved(before.get(g.id)?.values ?? [], late) })) : [];
        return [key, { groups, earlier }];
      }),
    );
  }, [result, question, slots, order]);
  const series = result.series;
  const offset = series ? Number(BigInt(series.start) - BigInt(result.start)) : 0;
  return (
    <>
      {!series && !followed(question) && charts.some((c) => c.op !== 'HEATMAP') && (
        <p className="muted">Up to {count(mostFollowed)} groups are drawn over time: with a lower limit there are charts too.</p>
      )}
      {charts.map((c) =>
        c.op === 'HEATMAP' ? (
          <Heat key={c.key} {...props} title={c.key} />
        ) : !series ? null : (
          <LineChart
            key={c.key}
            title={c.key}
            unit={unitOf(c.column, c.op)}
            groups={lines.get(c.key)?.groups ?? []}
            earlier={lines.get(c.key)?.earlier ?? []}
            offset={offset}
            step={series.step}
            startMs={momentMs(result.start)}
            total={total}
            nowNs={(answer.ranAt - momentMs(result.start)) * 1e6}
            draw={props.draw}
            log={props.log}
            hover={props.hover}
            markers={props.markers}
            right={charts.some((x) => x.op === 'HEATMAP') ? side : 8}
            onZoom={props.onZoom}
            onPickTime={props.onPickTime}
            onPoint={(p) =>
              props.onPoint({
                id: p.id,
                x: p.x,
                y: p.y,
                calc: c.key,
                op: c.op,
                column: c.column,
                from: Math.max(offset + p.bucket * series.step, 0),
                to: Math.min(offset + (p.bucket + 1) * series.step, total),
              })
            }
          />
        ),
      )}
    </>
  );
}

/** Nothing that is picked, always the same, so that nothing is drawn anew for it. */
const none: Bounds[] = [];

function Heat({ title, ...props }: Props & { title: string }): React.ReactElement {
  const { result } = props.answer;
  const data = result.heatmaps?.find((h) => h.calc === title);
  const start = result.start;
  const grid = useMemo(
    () =>
      data && {
        counts: data.counts,
        count: data.count,
        bins: data.bins,
        step: data.step,
        offset: Number(BigInt(data.start) - BigInt(start)),
      },
    [data, start],
  );
  const scale = useMemo(
    () => data && { log: data.scale === 'log', min: data.min, max: data.max > data.min ? data.max : data.min + 1 },
    [data],
  );
  const group = useGroupHeat(props.hover, props.dataset, props.question, props.answer, data);
  if (!data || !grid || !scale) return <></>;
  return (
    <HeatChart
      title={title}
      unit={unitOf(data.column)}
      grid={grid}
      group={group}
      scale={scale}
      startMs={momentMs(start)}
      total={Number(BigInt(result.end) - BigInt(start))}
      hover={props.hover}
      markers={props.markers}
      picked={props.picked?.column === data.column ? props.picked.list : none}
      onPick={(list) => props.onPick(data.column, list)}
      onBubble={props.onBubble}
      onExample={(b) => props.onExample(data.column, b)}
      onPoint={(bounds, x, y) =>
        props.onPoint({ id: undefined, bounds, x, y, calc: title, op: 'HEATMAP', column: data.column, from: bounds.from, to: bounds.to })
      }
    />
  );
}
