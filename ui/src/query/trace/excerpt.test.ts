import { expect, it } from 'vitest';

import type { Skeleton } from '../../api/types';
import { excerpt } from './excerpt';

/** Spans by their parents, in depth-first order. */
function spans(parents: number[], failed: number[] = []): Skeleton['spans'] {
  const n = parents.length;
  const zero = new Array<number>(n).fill(0);
  return {
    id: parents.map((_, i) => `s${i}`),
    parent: parents,
    depth: zero,
    start: zero,
    duration: zero,
    self: zero,
    service: zero,
    name: zero,
    kind: zero,
    status: zero,
    http: zero,
    flags: parents.map((_, i) => (failed.includes(i) ? 1 : 0)),
    descendants: zero,
  };
}

it('shows what is above a span, below it and beside it', () => {
  //                 0   1  2  3  4  5  6
  const s = spans([-1, 0, 1, 2, 1, 0, 5]);
  expect(excerpt(s, 2, 4)).toEqual([0, 1, 2, 3]);
  expect(excerpt(s, 2, 5)).toEqual([0, 1, 2, 3, 4]);
  expect(excerpt(s, 2, 99)).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

it('shows what failed before what is near', () => {
  expect(excerpt(spans([-1, 0, 1, 1, 1, 1, 0], [6]), 1, 3)).toEqual([0, 1, 6]);
});

it('begins at the root where the span is not there', () => expect(excerpt(spans([-1, 0, 0]), -1, 2)).toEqual([0, 1]));
it('keeps to what is asked for', () => expect(excerpt(spans([-1, 0, 1, 2, 3, 4]), 5, 3)).toHaveLength(3));
