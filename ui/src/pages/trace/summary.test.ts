import { expect, it } from 'vitest';

import { standingOf } from './summary';

it.each([
  [100, 205, 'one of the slowest of 205 like it'],
  [99.97, 20_000, 'one of the slowest of 20.0 k like it'],
  [99.9, 2000, 'slower than 99.9 % of 2000 like it'],
  [50, 40, 'slower than 50.0 % of 40 like it'],
  [0, 40, 'one of the fastest of 40 like it'],
  [100, 9, 'one of 9 like it'],
])('a span at %j of %j is %j', (percentile, n, want) => expect(standingOf({ percentile, count: n }).replaceAll('\u2009', ' ')).toBe(want));
