import { describe, expect, it } from 'vitest';

import type { Cell } from '../../../query/cell';
import { chartsOf, isMoment } from './chart';
import type { Column } from './useRql';

const col = (name: string, type: Column['type'] = 'any', key = false): Column => ({ name, type, key });

describe('chartsOf', () => {
  it('draws hours as times, with gaps where nothing happened', () => {
    const columns = [col('timestamp div 3600', 'number', true), col('count(*)', 'number')];
    expect(
      chartsOf({
        columns,
        rows: [
          [498851, 2],
          [498849, 32],
          [498848, 1],
        ],
      }),
    ).toEqual([{ kind: 'time', measure: 'count(*)', startMs: 498848 * 3_600_000, stepMs: 3_600_000, values: [1, 32, null, 2] }]);
  });
  it('tells moments from other numbers that rows are grouped by', () => {
    const hours = [[1_795_885_200, 1] as Cell[], [1_795_888_800, 170] as Cell[]];
    expect(isMoment(col('hour', 'number', true), 0, hours)).toBe(true);
    expect(isMoment(col('hour', 'number'), 0, hours)).toBe(false);
    expect(isMoment(col('item.counter', 'number', true), 1, hours)).toBe(false);
    expect(isMoment(col('hour', 'number', true), 0, [])).toBe(false);
  });
  it('takes a number of seconds under any name for a time', () => {
    const columns = [col('hour', 'number', true), col('n', 'number')];
    expect(
      chartsOf({
        columns,
        rows: [
          [1_795_860_000, 1],
          [1_795_863_600, 4],
        ],
      })[0],
    ).toMatchObject({ kind: 'time', stepMs: 3_600_000 });
  });
  it('draws things as bars, by all that names them', () => {
    const columns = [col('item.counter', 'number', true), col('item.title'), col('occurrences', 'number')];
    expect(
      chartsOf({
        columns,
        rows: [
          [12, 'KeyError', 7],
          [3, 'Timeout', 1],
        ],
      }),
    ).toEqual([
      {
        kind: 'bars',
        measure: 'occurrences',
        bars: [
          { label: '#12 · KeyError', value: 7 },
          { label: '#3 · Timeout', value: 1 },
        ],
        more: 0,
      },
    ]);
  });
  it('draws nothing of rows that are no groups, of one row, or of no number', () => {
    expect(
      chartsOf({
        columns: [col('timestamp', 'time'), col('context')],
        rows: [
          [1, 'a'],
          [2, 'b'],
        ],
      }),
    ).toEqual([]);
    expect(chartsOf({ columns: [col('context', 'any', true), col('n', 'number')], rows: [['a', 1]] })).toEqual([]);
    expect(
      chartsOf({
        columns: [col('context', 'any', true), col('title')],
        rows: [
          ['a', 'x'],
          ['b', 'y'],
        ],
      }),
    ).toEqual([]);
  });
});
