import { useMemo } from 'react';

import type { Hover } from '../../../charts/hover';
import type { Question } from '../../../query/question';
import { momentMs } from '../../../time/format';
import { chartsOf, groupId, groupLabel, unitOf, type Answer, type Series } from '../result';
import type { Drawing } from '../url';
import { LineChart, type GroupLine, type Point } from './LineChart';

/** A clicked point with the group and the time that it stands for. */
export interface PickedPoint extends Point {
  calc: string;
  column: string | undefined;
  /** Its bucket in ns from the start of the result. */
  from: number;
  to: number;
}

interface Props {
  answer: Answer;
  question: Question;
  slots: ReadonlyMap<string, number>;
  hover: Hover;
  draw: Drawing;
  log: boolean;
  onZoom: (from: number, to: number) => void;
  onPickTime: (from: number, to: number) => void;
  onPoint: (p: PickedPoint) => void;
}

/** One chart for each calculation, with the same time across. */
export function Charts(props: Props): React.ReactElement {
  const { answer, question, slots } = props;
  const { result } = answer;
  const total = Number(BigInt(result.end) - BigInt(result.start));
  const order = useMemo(() => new Map(result.rows.map((r, i) => [groupId(r.slice(0, result.breakdowns)), i])), [result]);
  const charts = chartsOf(question).filter((c) => c.op !== 'HEATMAP');
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
        const earlier = result.compare ? groups.map((g) => ({ ...g, values: before.get(g.id)?.values ?? [] })) : [];
        return [key, { groups, earlier }];
      }),
    );
  }, [result, question, slots, order]);
  const series = result.series;
  if (!series) return <></>;
  const offset = Number(BigInt(series.start) - BigInt(result.start));
  return (
    <>
      {charts.map((c) => (
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
          onZoom={props.onZoom}
          onPickTime={props.onPickTime}
          onPoint={(p) =>
            props.onPoint({
              ...p,
              calc: c.key,
              column: c.column,
              from: Math.max(offset + p.bucket * series.step, 0),
              to: Math.min(offset + (p.bucket + 1) * series.step, total),
            })
          }
        />
      ))}
    </>
  );
}
