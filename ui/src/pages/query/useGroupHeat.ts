import { useEffect, useRef, useState } from 'react';

import { stream } from '../../api/client';
import type { Grid } from '../../charts/heatmap';
import type { Hover } from '../../charts/hover';
import type { Question } from '../../query/question';
import type { Cell } from '../../query/cell';
import { bodyOf } from './data';
import { onto } from './heatOnto';
import type { Answer, HeatmapData, Result } from './result';
import { pickTerm, withTerm } from './useValueActions';

const pause = 150;
const kept = 30;

/** The cells of the group under the pointer, in the heatmap's own grid; asked for when a group is rested on. */
export function useGroupHeat(hover: Hover, dataset: string, q: Question, answer: Answer, data: HeatmapData | undefined): Grid | undefined {
  const [shown, setShown] = useState<{ data: HeatmapData; grid: Grid }>();
  const known = useRef(new Map<string, Grid>());
  useEffect(() => {
    known.current = new Map();
    if (!data || q.by.length === 0) return;
    let abort: AbortController | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = (): void => {
      clearTimeout(timer);
      abort?.abort();
      const id = hover.groupNow();
      const grid = id === undefined ? undefined : known.current.get(id);
      setShown(grid && { data, grid });
      if (id === undefined || grid) return;
      timer = setTimeout(() => {
        abort = new AbortController();
        ask(dataset, q, answer, data, id, abort.signal).then(
          (found) => {
            if (!found) return;
            known.current.set(id, found);
            if (known.current.size > kept) known.current.delete(known.current.keys().next().value!);
            if (hover.groupNow() === id) setShown({ data, grid: found });
          },
          () => undefined, // the heatmap of all is there
        );
      }, pause);
    };
    const stop = hover.onGroup(look);
    return () => {
      stop();
      clearTimeout(timer);
      abort?.abort();
    };
  }, [hover, dataset, q, answer, data]);
  return shown?.data === data ? shown?.grid : undefined;
}

async function ask(
  dataset: string,
  q: Question,
  answer: Answer,
  data: HeatmapData,
  id: string,
  signal: AbortSignal,
): Promise<Grid | undefined> {
  const key = JSON.parse(id) as Cell[];
  const where = q.by.map((field, i) => pickTerm(field, key[i] ?? null)).reduce(withTerm, q.where);
  const one: Question = { ...q, calcs: [{ op: 'HEATMAP', column: data.column }], where, by: [], rest: withoutFormulas(q.rest) };
  const body = { ...bodyOf(dataset, one, answer), series: true, quiet: true };
  const { result } = await stream<{ type: 'done'; result: Result }>('query', body, () => undefined, signal);
  const [h] = result.heatmaps ?? [];
  return h && onto(data, h, answer.result.start);
}

function withoutFormulas(rest: Question['rest']): Question['rest'] {
  const left = Object.entries(rest ?? {}).filter(([name]) => name !== 'formulas');
  return left.length > 0 ? Object.fromEntries(left) : undefined;
}
