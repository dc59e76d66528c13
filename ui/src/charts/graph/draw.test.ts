import { describe, expect, it } from 'vitest';

import { record, testTheme } from '../record';
import { drawRing, ringParts } from '../ring';
import { breakName, drawGraph, elide } from './draw';
import { curvesOf, distance } from './edges';
import { layOut } from './layout';
import type { GraphInput, GraphNode } from './scene';

const fits = (n: number) => (t: string) => t.length <= n;

describe('names', () => {
  it('take one line, or two broken at a joint', () => {
    expect(breakName('checkout', fits(10))).toEqual(['checkout']);
    expect(breakName('checkout-payments', fits(12))).toEqual(['checkout-', 'payments']);
    expect(breakName('abcdefghijkl', fits(8))).toEqual(['abcdefgh', 'ijkl']);
  });
  it('lose their middle when even two lines are too few', () => {
    expect(breakName('team-checkout-payments-eu-west-1', fits(12))).toEqual(['team-', 'checko…est-1']);
    expect(elide('abcdefghij', fits(5))).toBe('ab…ij');
  });
});

describe('the ring', () => {
  it('shows each class that there is, however small', () => {
    const parts = ringParts({ faults: 0.001, throttles: 0, errors: 0.2 });
    expect(parts.map((p) => p.name)).toEqual(['fault', 'error', 'ok']);
    expect(parts[0]!.share).toBeGreaterThan(0.05);
    expect(parts.reduce((n, p) => n + p.share, 0)).toBeCloseTo(1);
  });
  it('is all of one class when there is only one', () => {
    expect(ringParts({ faults: 1, throttles: 0, errors: 0 })).toEqual([{ name: 'fault', share: 1 }]);
    expect(ringParts({ faults: 0, throttles: 0, errors: 0 })).toEqual([{ name: 'ok', share: 1 }]);
  });
  it('hatches all but ok, so that colour is not needed', () => {
    const pen = record();
    drawRing(pen, testTheme, { faults: 0.2, throttles: 0.2, errors: 0.2 }, 0, 0, 18, 5);
    const strokes = pen.calls.filter((c) => c.name === 'stroke').map((c) => c.stroke);
    expect(strokes).toEqual(['error', 'surface', 'throttle', 'surface', 'warn', 'surface', 'ok']);
  });
});

const node = (id: string, more: Partial<GraphNode> = {}): GraphNode => ({
  id,
  name: id,
  kind: 'service',
  slot: 1,
  inferred: false,
  health: { faults: 0, throttles: 0, errors: 0 },
  rate: '1/s',
  failing: '2 %',
  alarming: true,
  latency: 'p95 3 ms',
  size: 1,
  change: undefined,
  ...more,
});

function graph(more: Partial<GraphInput> = {}): GraphInput {
  const layout = layOut({ ids: ['a', 'b'], edges: [[0, 1, 1]], before: {}, pinned: {} });
  return {
    nodes: [node('a'), node('b')],
    edges: [{ from: 0, to: 1, width: 2, faults: 0, dashed: false, label: '1/s · 3 ms', change: undefined }],
    curves: curvesOf([[0, 1]], layout, () => false),
    places: layout.spots,
    k: 1,
    dx: 200,
    dy: 200,
    width: 800,
    height: 400,
    selected: -1,
    selectedEdge: -1,
    hover: -1,
    hoverEdge: -1,
    bright: undefined,
    matches: undefined,
    pinned: () => false,
    glyph: () => undefined,
    ...more,
  };
}

const texts = (input: GraphInput): string[] => {
  const pen = record();
  drawGraph(pen, testTheme, input);
  return pen.calls.filter((c) => c.name === 'fillText').map((c) => String(c.args[0]));
};

describe('the drawing', () => {
  it('says name and figures near, less farther away, nothing from afar', () => {
    expect(texts(graph())).toEqual(['a', '1/s', '2 %', 'p95 3 ms', 'b', '1/s', '2 %', 'p95 3 ms']);
    expect(texts(graph({ k: 0.6 }))).toEqual(['a', '1/s', '2 %', 'b', '1/s', '2 %']);
    expect(texts(graph({ k: 0.4 }))).toEqual(['a', 'b']);
    expect(texts(graph({ k: 0.1 }))).toEqual([]);
  });
  it('gives a long name two lines, and the room of the figures where it needs that', () => {
    const long = graph({ nodes: [node('cruddur-moderation'), node('a')], k: 0.7 });
    const [first, second] = breakName('cruddur-moderation', fits(8));
    const wide = (input: GraphInput): string[] => {
      const pen = record();
      pen.measureText = (t: string) => ({ width: t.length * 14 }) as TextMetrics;
      drawGraph(pen, testTheme, input);
      return pen.calls.filter((c) => c.name === 'fillText').map((c) => String(c.args[0]));
    };
    expect(wide(long)).toEqual([first, second, '1/s', '2 %', 'a', '1/s', '2 %']);
    expect(wide({ ...long, k: 0.5 })).toEqual([first, second, 'a', '1/s', '2 %']);
  });
  it('labels the edges of what is hovered or selected', () => {
    expect(texts(graph({ hover: 0 }))).toContain('3 ms');
    expect(texts(graph({ selectedEdge: 0 }))).toContain('3 ms');
  });
  it('draws no node that is out of view', () => expect(texts(graph({ dx: -4000 }))).toEqual([]));
  it('has a red core on edges that fail, and dashes on those that don’t wait', () => {
    const input = graph();
    const pen = record();
    drawGraph(pen, testTheme, { ...input, edges: [{ ...input.edges[0]!, faults: 0.5, dashed: true }] });
    expect(pen.calls.some((c) => c.name === 'stroke' && c.stroke === 'error')).toBe(true);
    expect(pen.calls.some((c) => c.name === 'setLineDash' && (c.args[0] as number[]).length > 0)).toBe(true);
  });
});

describe('edges', () => {
  const [curve] = graph().curves;
  it('are hit near their line only', () => {
    expect(distance(curve!, curve!.x, curve!.y + 1, 8)).toBeLessThan(2);
    expect(distance(curve!, curve!.x, curve!.y + 300, 8)).toBe(Infinity);
  });
  it('lead back from the left side of a node to the right side of another', () => {
    const layout = layOut({
      ids: ['a', 'b'],
      edges: [
        [0, 1, 1],
        [1, 0, 1],
      ],
      before: {},
      pinned: {},
    });
    const [, back] = curvesOf(
      [
        [0, 1],
        [1, 0],
      ],
      layout,
      () => false,
    );
    expect(back!.points[0]).toBeGreaterThan(back!.points.at(-2)!);
  });
});
