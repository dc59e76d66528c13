import { expect, test } from 'vitest';

import type { HomeService } from '../../api/home';
import { arrange, columnsIn, decode, encode, hold, sparksOf, template, ticksOf } from './rows';

const service = (name: string, c: Partial<HomeService> = {}): HomeService => ({
  name,
  slot: 1,
  count: 100,
  errors: 0,
  throttles: 0,
  faults: 0,
  p50_ms: 10,
  p95_ms: 20,
  p99_ms: 30,
  series: { count: [50, 50, 10], bad: [0, 5, 0], p95_ms: [20, 0, 20] },
  open_errors: 0,
  ...c,
});

test('an address gives the same state again, and nonsense falls back', () => {
  for (const text of ['', 'from=now-3h&to=now&q=api&sort=p95&order=asc&compare=day', 'compare=week&sort=name']) {
    const state = decode(new URLSearchParams(text));
    const back = new URLSearchParams(Object.entries(encode(state)).filter((e): e is [string, string] => e[1] !== undefined));
    expect(decode(back)).toEqual(state);
  }
  expect(decode(new URLSearchParams('sort=colour&compare=year'))).toMatchObject({ sort: 'rate', compare: '' });
});

test('services are found by words and sorted, what is unknown last', () => {
  const all = [service('api', { count: 5 }), service('api-worker', { count: 50, p95_ms: null }), service('web', { count: 10, faults: 2 })];
  const names = (q: string, ...by: [Parameters<typeof arrange>[2], boolean]): string[] => arrange(all, q, ...by).map((s) => s.name);
  expect(names('', 'rate', false)).toEqual(['api-worker', 'web', 'api']);
  expect(names('WORK api', 'rate', false)).toEqual(['api-worker']);
  expect(names('', 'failed', false)[0]).toBe('web');
  expect(names('', 'p95', false)[2]).toBe('api-worker');
  expect(names('', 'name', true)).toEqual(['api', 'api-worker', 'web']);
});

test('rows stay where they are read', () => {
  const rows = [service('c'), service('b'), service('a')];
  expect(hold(rows, ['a', 'b']).map((s) => s.name)).toEqual(['a', 'b', 'c']);
});

test('a narrow table has fewer columns, and charts stand beside their numbers', () => {
  expect(columnsIn(1000).map((c) => c.key)).toEqual(['rate', 'failed', 'p50', 'p95', 'p99', 'errors', 'deploy']);
  expect(columnsIn(560).map((c) => c.key)).toEqual(['rate', 'failed', 'p95', 'errors']);
  expect(columnsIn(320).every((c) => c.spark === 0)).toBe(true);
  // Services that begin alike can be told apart.
  for (let width = 450; width < 1400; width += 10) {
    expect(width - columnsIn(width).reduce((n, c) => n + c.width + c.spark, 0)).toBeGreaterThanOrEqual(190);
  }
  const list = columnsIn(1000);
  const sparks = sparksOf(service('api'), list, 1000, 0.5);
  expect(sparks.map((s) => s.kind)).toEqual(['line', 'bars', 'line']);
  expect(sparks[0]!.x).toBe(1000 - list.reduce((n, c) => n + c.width + c.spark, 0) + 72 + 12);
  expect([...sparks[0]!.now]).toEqual([50, 50, 20]); // the last step is half over
  expect([...sparks[1]!.now]).toEqual([0, Math.fround(0.1), 0]);
  expect(template(list)).toContain('minmax(0, 1fr) 164px');
});

test('a deploy of all, or of the service, has a tick', () => {
  const d = (at: string, of: string) => ({ at, version: '1', service: of, by: '', comment: '', url: '' });
  expect(ticksOf('api', [d('1500', ''), d('1250', 'api'), d('1250', 'web'), d('900', '')], '1000', 1000)).toEqual([0.5, 0.25]);
});
