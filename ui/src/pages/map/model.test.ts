import { describe, expect, it } from 'vitest';

import type { MapEdge, MapNode } from '../../api/map';
import { changeOf, filtered, fold, joined, neighbourhood, part, startOf, through, towards } from './model';
import { decode, encode, type MapState } from './url';

const health = (
  count: number,
  faults = 0,
): Pick<MapNode, 'count' | 'errors' | 'throttles' | 'faults' | 'p50_ms' | 'p95_ms' | 'p99_ms'> => ({
  count,
  errors: 0,
  throttles: 0,
  faults,
  p50_ms: 1,
  p95_ms: count,
  p99_ms: null,
});
const node = (id: string, count: number, faults = 0, more: Partial<MapNode> = {}): MapNode => ({
  id,
  name: id,
  type: '',
  kind: 'service',
  inferred: false,
  root: false,
  slot: 1,
  group: '',
  ...health(count, faults),
  ...more,
});
const edge = (from: number, to: number, count = 10, kind: MapEdge['kind'] = 'call'): MapEdge => ({ from, to, kind, ...health(count) });

// web calls a and b of one group; those call db.
const map = {
  nodes: [
    node('web', 100, 0, { root: true }),
    node('a', 60, 6, { group: 'shop' }),
    node('b', 40, 0, { group: 'shop' }),
    node('db', 500, 0, { inferred: true, kind: 'database' }),
    node('people', 0, 0, { kind: 'client' }),
  ],
  edges: [edge(0, 1, 60), edge(0, 2, 40), edge(1, 3), edge(2, 3), edge(1, 2), edge(4, 0, 100)],
};
const whole = fold(map, []);
const names = (set: ReadonlySet<number>): string[] => [...set].map((i) => whole.nodes[i]!.name).sort();

describe('a folded group', () => {
  const g = fold(map, ['shop']);
  it('is one node with the sum of the calls', () => {
    const shop = g.nodes.find((n) => n.name === 'shop')!;
    expect(shop).toMatchObject({ members: 2, count: 100, faults: 6, p95_ms: 60 });
    expect(g.nodes.map((n) => n.name)).toEqual(['web', 'shop', 'db', 'people']);
  });
  it('has one edge for all that lead to it, and none inside', () => {
    expect(g.edges.map((e) => [e.from, e.to, e.count])).toEqual([
      [0, 1, 100],
      [1, 2, 20],
      [3, 0, 100],
    ]);
  });
});

describe('what is shown', () => {
  it('is a neighbourhood of so many hops, whichever way', () => {
    expect(names(neighbourhood(whole, 3, 1))).toEqual(['a', 'b', 'db']);
    expect(names(neighbourhood(whole, 3, 2))).toEqual(['a', 'b', 'db', 'web']);
  });
  it('is what leads through a node', () => {
    expect(names(through(whole, 1))).toEqual(['a', 'b', 'db', 'people', 'web']);
    expect(names(through(whole, 0))).toHaveLength(5);
  });
  it('is filtered by errors and rate; clients stay with what they call', () => {
    expect(names(filtered(whole, 5, 0, 1))).toEqual(['a']);
    expect(names(filtered(whole, 0, 50, 1))).toEqual(['a', 'db', 'people', 'web']);
  });
  it('keeps the edges between what is kept', () => {
    const g = part(whole, new Set([1, 3]));
    expect(g.edges.map((e) => [g.nodes[e.from]!.name, g.nodes[e.to]!.name])).toEqual([['a', 'db']]);
  });
  it('begins where requests begin', () => expect(whole.nodes[startOf(whole)]!.name).toBe('web'));
});

describe('keys between nodes', () => {
  const places = [
    { x: 0, y: 0 },
    { x: 100, y: 10 },
    { x: 90, y: 200 },
    { x: 0, y: -80 },
  ];
  it('go to the nearest in their direction, and stay where there is none', () => {
    expect(towards(places, 0, 1, 0, whole)).toBe(1);
    expect(towards(places, 0, 0, -1, whole)).toBe(3);
    expect(towards(places, 1, 0, 1, whole)).toBe(2);
    expect(towards(places, 0, -1, 0, whole)).toBe(0);
  });
  it('begin where requests begin', () => expect(towards(places, -1, 1, 0, whole)).toBe(0));
});

describe('the change of a figure', () => {
  it.each([
    [100, 100, 0, 'the same'],
    [110, 100, Math.log(1.1) / Math.log(4), '+10 %'],
    [50, 100, -0.5, '−50 %'],
    [1000, 100, 1, '× 10'],
    [0, 5, -1, 'gone'],
    [5, 0, 1, 'new'],
  ])('from %d, was %d', (now, before, share, words) => {
    const c = changeOf(now, before)!;
    expect(c.share).toBeCloseTo(share);
    expect(c.words.replace('\u2009', ' ')).toBe(words);
  });
  it('is none where there was nothing and is nothing', () => expect(changeOf(null, null)).toBeUndefined());
  it('shows what was there only before', () => {
    const j = joined({ nodes: map.nodes.slice(0, 2), edges: [edge(0, 1)] }, map);
    expect(j.nodes.map((n) => [n.id, n.count])).toContainEqual(['db', 0]);
    expect(j.edges).toHaveLength(6);
  });
});

describe('the address of the map', () => {
  const plain = decode(new URLSearchParams());
  it.each<Partial<MapState>>([
    {},
    { view: 'table', find: 'a&b', minErrors: 2.5, minRate: 10, size: 'traffic', around: 'x y', hops: 3, all: true, focus: true },
    { folded: ['a', 'b'], compare: 'week', node: 'ü', range: [1.5, 20] },
    { edge: ['a', 'b'] },
  ])('comes back whole: %j', (change) => {
    const p = new URLSearchParams();
    for (const [name, value] of Object.entries(encode({ ...plain, ...change })))
      for (const v of Array.isArray(value) ? value : [value]) if (v) p.append(name, v);
    expect(decode(p)).toEqual({ ...plain, ...change });
  });
  it('falls back where it makes no sense', () =>
    expect(decode(new URLSearchParams('errors=-1&rate=x&size=big&hops=9.5&edge=one&range=9-1&compare=never'))).toEqual(plain));
});
