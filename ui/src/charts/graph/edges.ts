// The lines of edges, from one node's side over the bends to the other's.
import type { Box } from './camera';
import { nodeHeight, nodeWidth, type Layout } from './layout';

/** Cubic curves: x and y of the start, then of two handles and an end for each. */
export interface Curve {
  points: number[];
  box: Box;
  /** Its middle, for a label. */
  x: number;
  y: number;
}

/** The curve of each edge. Nodes that were moved are found where they are; then bends don't help. */
export function curvesOf(edges: readonly (readonly [number, number])[], layout: Layout, moved: (i: number) => boolean): Curve[] {
  return edges.map(([a, b], i) => {
    const [from, to] = [layout.spots[a]!, layout.spots[b]!];
    if (a === b) return loop(from.x, from.y);
    const right = to.x >= from.x;
    const side = right ? nodeWidth / 2 : -nodeWidth / 2;
    const stops: number[] = [from.x + side, from.y];
    if (!moved(a) && !moved(b)) {
      const bends = layout.bends[i]!;
      const n = bends.length / 2;
      for (let k = 0; k < n; k++) {
        // Bends are told from left to right.
        const at = right ? k : n - 1 - k;
        stops.push(bends[2 * at]! - side, bends[2 * at + 1]!, bends[2 * at]! + side, bends[2 * at + 1]!);
      }
    }
    stops.push(to.x - side, to.y);
    return through(stops);
  });
}

function loop(x: number, y: number): Curve {
  const [r, t] = [x + nodeWidth / 2, y - nodeHeight / 2];
  return finish([r - 40, t, r - 36, t - 30, r + 30, t - 30, r, t + 16]);
}

/** Each stretch leaves and comes in level, as columns stand upright. */
function through(stops: readonly number[]): Curve {
  const points = [stops[0]!, stops[1]!];
  for (let k = 2; k < stops.length; k += 2) {
    const [x0, y0, x1, y1] = [stops[k - 2]!, stops[k - 1]!, stops[k]!, stops[k + 1]!];
    const pull = (x1 - x0) * 0.5;
    points.push(x0 + pull, y0, x1 - pull, y1, x1, y1);
  }
  return finish(points);
}

function finish(points: number[]): Curve {
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (let k = 0; k < points.length; k += 2) {
    box.left = Math.min(box.left, points[k]!);
    box.right = Math.max(box.right, points[k]!);
    box.top = Math.min(box.top, points[k + 1]!);
    box.bottom = Math.max(box.bottom, points[k + 1]!);
  }
  const stretches = (points.length - 2) / 6;
  const middle = Math.floor(stretches / 2);
  const [x, y] = at(points, middle, stretches % 2 === 1 ? 0.5 : 0);
  return { points, box, x, y };
}

function at(p: readonly number[], stretch: number, t: number): [number, number] {
  const k = stretch * 6;
  const u = 1 - t;
  const mix = (o: number): number =>
    u * u * u * p[k + o]! + 3 * u * u * t * p[k + 2 + o]! + 3 * u * t * t * p[k + 4 + o]! + t * t * t * p[k + 6 + o]!;
  return [mix(0), mix(1)];
}

/** How far a place is from a curve; places outside its box are as good as infinitely far. */
export function distance(c: Curve, x: number, y: number, reach: number): number {
  if (x < c.box.left - reach || x > c.box.right + reach || y < c.box.top - reach || y > c.box.bottom + reach) return Infinity;
  let best = Infinity;
  const stretches = (c.points.length - 2) / 6;
  for (let s = 0; s < stretches; s++) {
    let [px, py] = at(c.points, s, 0);
    for (let i = 1; i <= 12; i++) {
      const [qx, qy] = at(c.points, s, i / 12);
      best = Math.min(best, toLine(x, y, px, py, qx, qy));
      [px, py] = [qx, qy];
    }
  }
  return best;
}

function toLine(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const t = length > 0 ? Math.min(Math.max(((x - ax) * dx + (y - ay) * dy) / length, 0), 1) : 0;
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}
