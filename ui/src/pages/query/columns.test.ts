import { expect, it } from 'vitest';

import { columnsShown, moved, window1 } from './columns';

it('shows what tells most first and ids last, or what was chosen', () => {
  expect(columnsShown([], ['trace.trace_id', 'zeta', 'duration_ms', 'service.name', 'meta.signal_type'])).toEqual([
    'service.name',
    'duration_ms',
    'zeta',
    'trace.trace_id',
    'meta.signal_type',
  ]);
  expect(columnsShown(['b', 'a'], ['a', 'b', 'c'])).toEqual(['b', 'a']);
});

it('moves a column to where it is dropped', () => {
  expect(moved(['a', 'b', 'c', 'd'], 'a', 'c')).toEqual(['b', 'c', 'a', 'd']);
  expect(moved(['a', 'b', 'c', 'd'], 'd', 'b')).toEqual(['a', 'd', 'b', 'c']);
});

it('finds what is in view', () => {
  expect(window1(1000, 24, 240, 100, 2)).toEqual({ from: 8, to: 17 });
  expect(window1(3, 24, 0, 500, 8)).toEqual({ from: 0, to: 3 });
  expect(window1(0, 24, 900, 500, 8)).toEqual({ from: 0, to: 0 });
});
