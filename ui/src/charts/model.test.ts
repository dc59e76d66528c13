import { expect, it } from 'vitest';

import { traceOf } from './fixture';
import { buffersOf, spanOf } from './model';

it('finds long stretches in which no child of a span runs', () => {
  const t = traceOf(`
web GET 0 1000
  api a 100 200
    db q 100 10
  api b 600 395
`);
  const ms = (i: number): number[][] => (t.gaps.get(i) ?? []).map(([from, to]) => [from / 1e6, to / 1e6]);
  expect(ms(0)).toEqual([[300, 600]]);
  expect(ms(1)).toEqual([[110, 300]]); // of a span with children, also after the last
  expect(t.gaps.has(2)).toBe(false); // a span without children is its own time
});

it('stripes the less busy of two services with one colour', () => {
  const service = (name: string, slot: number, spans: number) => ({ name, slot, spans, errors: 0, self: 0 });
  const t = traceOf('web GET 0 10\n  db q 1 2\n  cache get 4 2', {
    services: [service('db', 3, 1), service('web', 3, 5), service('cache', 4, 1)],
  });
  expect(t.strings.filter((_, i) => t.hatched[i])).toEqual(['db']);
});

it('finds a span by its id, and names the trace after the longest root', () => {
  const t = traceOf('web early 0 5\nweb main 2 90\n  web child 3 95');
  expect(spanOf(t, 's2')).toBe(2);
  expect(spanOf(t, '')).toBeUndefined();
  expect(spanOf(t, 'nowhere')).toBeUndefined();
  expect(t.root).toBe(1);
});

it('goes from one thread to another whole', () => {
  const t = traceOf('web GET 0 10\n  db q 1 2 !');
  const there = structuredClone(t, { transfer: buffersOf(t) });
  expect(there).toEqual(traceOf('web GET 0 10\n  db q 1 2 !'));
  expect(t.spans.start.length).toBe(0); // nothing was copied
});
