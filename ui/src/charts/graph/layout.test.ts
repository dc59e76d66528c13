import { describe, expect, it } from 'vitest';

import { graphOf, random } from './fixture';
import { columns, direct, head, tail } from './layers';
import { layOut, nodeHeight, type Layout, type LayoutInput, type Spot } from './layout';
import { crossings, reduceCrossings } from './order';
import { freeNear, spread } from './place';

const graph = (edges: [number, number][], n = 1 + Math.max(...edges.flat())): LayoutInput => ({
  ids: Array.from({ length: n }, (_, i) => `n${i}`),
  edges: edges.map(([a, b]) => [a, b, 1]),
  before: {},
  pinned: {},
});

const after = (input: LayoutInput, l: Layout): Record<string, Spot> => Object.fromEntries(input.ids.map((id, i) => [id, l.spots[i]!]));

describe('the layout of a graph', () => {
  it('goes from left to right along a chain', () => {
    const { spots } = layOut(
      graph([
        [0, 1],
        [1, 2],
      ]),
    );
    expect(spots.map((s) => s.column)).toEqual([0, 1, 2]);
    expect(new Set(spots.map((s) => s.y)).size).toBe(1);
  });

  it('stands a late source right before what it leads to', () => {
    const { spots } = layOut(
      graph([
        [0, 1],
        [1, 2],
        [3, 2],
      ]),
    );
    expect(spots[3]!.column).toBe(1);
  });

  it('turns the edge round that closes a cycle, and says so', () => {
    const { spots, back } = layOut(
      graph([
        [0, 1],
        [1, 2],
        [2, 1],
        [2, 2],
      ]),
    );
    expect(spots.map((s) => s.column)).toEqual([0, 1, 2]);
    expect(back).toEqual([false, false, true, false]);
  });

  it.each([10, 60, 500, 2000])('keeps nodes apart and edges to the right among %i', (n) => {
    const input = graphOf(n);
    const { spots, back } = layOut(input);
    const byColumn = new Map<number, number[]>();
    for (const s of spots) byColumn.set(s.column, [...(byColumn.get(s.column) ?? []), s.y]);
    for (const ys of byColumn.values()) {
      ys.sort((a, b) => a - b);
      for (let i = 1; i < ys.length; i++) expect(ys[i]! - ys[i - 1]!).toBeGreaterThanOrEqual(nodeHeight);
    }
    input.edges.forEach(([a, b], i) => {
      if (a === b) return;
      const right = spots[b]!.column - spots[a]!.column;
      expect(back[i] ? -right : right).toBeGreaterThan(0);
    });
  });

  it('leads long edges past the nodes between', () => {
    const input = graphOf(200, 7);
    const { spots, bends } = layOut(input);
    for (const points of bends) {
      for (let k = 0; k < points.length; k += 2) {
        const hit = spots.find((s) => s.x === points[k] && Math.abs(s.y - points[k + 1]!) < nodeHeight / 2);
        expect(hit).toBeUndefined();
      }
    }
  });

  it('is the same each time', () => expect(layOut(graphOf(120))).toEqual(layOut(graphOf(120))));

  it('moves no node whose column stays when others come and go', () => {
    const full = graphOf(120);
    const first = layOut(full);
    const fewer: LayoutInput = {
      ids: full.ids.slice(0, 110),
      edges: full.edges.filter(([a, b]) => a < 110 && b < 110),
      before: after(full, first),
      pinned: {},
    };
    const second = layOut(fewer);
    second.spots.forEach((s, i) => {
      if (s.column === first.spots[i]!.column) expect(s).toEqual(first.spots[i]);
    });
    const third = layOut({ ...full, before: { ...after(full, first), ...after(fewer, second) } });
    expect(third.spots.filter((s, i) => s.y === first.spots[i]!.y && s.x === first.spots[i]!.x).length).toBeGreaterThan(100);
  });

  it('leaves nodes where somebody put them', () => {
    const { spots } = layOut({ ...graph([[0, 1]]), pinned: { n1: { x: 5, y: -77 } } });
    expect(spots[1]).toMatchObject({ x: 5, y: -77 });
  });

  it('spreads a crowd over several columns', () => {
    const { spots } = layOut(graph(Array.from({ length: 400 }, (_, i): [number, number] => [0, i + 1])));
    const height = Math.max(...spots.map((s) => s.y)) - Math.min(...spots.map((s) => s.y));
    expect(height).toBeLessThan(5_000);
  });

  it('takes nothing at all', () => expect(layOut(graph([], 0)).spots).toEqual([]));
});

describe('crossings', () => {
  it('are counted as a plain look at all pairs does', () => {
    const next = random(3);
    const [left, right]: [number[][], number[][]] = [[], []];
    for (let i = 0; i < 24; i++) {
      left.push([]);
      right.push([]);
    }
    const pairs: [number, number][] = [];
    for (let a = 0; a < 12; a++)
      for (let b = 12; b < 24; b++) {
        if (next() > 0.3) continue;
        right[a]!.push(b);
        left[b]!.push(a);
        pairs.push([a, b - 12]);
      }
    const at = Float64Array.from({ length: 24 }, (_, i) => i % 12);
    const plain = pairs.flatMap((p, i) => pairs.slice(i + 1).filter((q) => (p[0] - q[0]) * (p[1] - q[1]) < 0)).length;
    const twelve = (from: number): number[] => Array.from({ length: 12 }, (_, i) => from + i);
    const g = { columns: [twelve(0), twelve(12)], left, right };
    expect(crossings(g, at)).toBe(plain);
  });

  it('go where an order without any exists', () => {
    const left = [[], [], [], [2], [1], [0]];
    const right = [[5], [4], [3], [], [], []];
    const g = {
      columns: [
        [0, 1, 2],
        [3, 4, 5],
      ],
      left,
      right,
    };
    reduceCrossings(g, 8);
    const at = new Float64Array(6);
    g.columns.forEach((c) => c.forEach((v, i) => (at[v] = i)));
    expect(crossings(g, at)).toBe(0);
  });
});

describe('columns', () => {
  it('hold what a node waits for to its left, whatever the most of a column', () => {
    const { ids, edges } = graphOf(300, 5);
    const list = direct(ids.length, edges, []);
    const column = columns(ids.length, list, [], 12);
    for (const e of list) expect(column[tail(e)]!).toBeLessThan(column[head(e)]!);
  });
});

describe('heights', () => {
  it('are the wished ones where there is room, else spread around them', () => {
    expect(spread([0, 100], [1, 1], [0, 50])).toEqual([0, 100]);
    expect(spread([10, 10], [1, 1], [0, 50])).toEqual([-15, 35]);
    expect(spread([0, 0, 0], [1, 1, 1], [0, 10, 10])).toEqual([-10, 0, 10]);
  });

  it('near a wish are free', () => {
    expect(freeNear([0, 60, 120], 50, 30)).toBe(30);
    expect(freeNear([0], 10, 30)).toBe(30);
    expect(freeNear([], 10, 30)).toBe(10);
  });
});
