// Draws the edges of a graph and their labels.
import type { Theme } from '../theme';
import type { Curve } from './edges';
import { changeColor, fullFrom, isNear, type GraphInput } from './scene';

/** Far away, single edges are not told apart: one stroke for all. */
const togetherBelow = 0.3;
/** The middle of the ramp is as faint as no line. */
const leastChange = 0.12;
/** Below this share a failing edge is not red. */
const leastFaults = 0.005;

export function drawEdges(ctx: CanvasRenderingContext2D, theme: Theme, input: GraphInput, faded: number): void {
  const { edges, curves, bright, k } = input;
  const view = {
    left: -input.dx / k,
    top: -input.dy / k,
    right: (input.width - input.dx) / k,
    bottom: (input.height - input.dy) / k,
  };
  const anyone = input.hover >= 0 || input.hoverEdge >= 0 || input.selected >= 0 || input.selectedEdge >= 0;
  const near: number[] = [];
  const many = k < togetherBelow && edges.length > 400;
  ctx.lineJoin = 'round';
  ctx.strokeStyle = theme.lineControl;
  if (many) ctx.beginPath();
  edges.forEach((e, i) => {
    const c = curves[i]!;
    if (c.box.right < view.left || c.box.left > view.right || c.box.bottom < view.top || c.box.top > view.bottom) return;
    if (anyone && isNear(input, i)) {
      near.push(i);
      return;
    }
    if (many) {
      trace(ctx, c);
      return;
    }
    const dim = bright && !(bright.has(e.from) && bright.has(e.to));
    ctx.globalAlpha = dim ? faded : anyone ? 0.4 : 0.7;
    drawEdge(ctx, theme, input, i, false);
  });
  if (many) {
    ctx.globalAlpha = bright ? faded : 0.45;
    ctx.lineWidth = 1 / k;
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
  for (const i of near) drawEdge(ctx, theme, input, i, true);
}

function trace(ctx: CanvasRenderingContext2D, { points: p }: Curve): void {
  ctx.moveTo(p[0]!, p[1]!);
  for (let n = 2; n + 5 < p.length; n += 6) ctx.bezierCurveTo(p[n]!, p[n + 1]!, p[n + 2]!, p[n + 3]!, p[n + 4]!, p[n + 5]!);
}

function drawEdge(ctx: CanvasRenderingContext2D, theme: Theme, input: GraphInput, i: number, near: boolean): void {
  const e = input.edges[i]!;
  const c = input.curves[i]!;
  const picked = i === input.selectedEdge;
  const width = Math.max(e.width, 1 / input.k);
  const changed = e.change !== undefined && Math.abs(e.change) >= leastChange;
  ctx.strokeStyle = picked ? theme.accent : near ? theme.text2 : changed ? changeColor(theme, e.change!) : theme.lineControl;
  ctx.lineWidth = width + (picked ? 1 : 0);
  ctx.setLineDash(e.dashed ? [6, 5] : []);
  ctx.beginPath();
  trace(ctx, c);
  ctx.stroke();
  if (e.faults >= leastFaults && e.change === undefined) {
    // The share that failed, as a core that is the stronger the more it is.
    const alpha = ctx.globalAlpha;
    ctx.globalAlpha = alpha * Math.min(0.3 + e.faults * 4, 1);
    ctx.strokeStyle = theme.error;
    ctx.lineWidth = Math.max(width * Math.max(e.faults, 0.25), 1 / input.k);
    ctx.stroke();
    ctx.globalAlpha = alpha;
  }
  ctx.setLineDash([]);
  drawHead(ctx, theme, c, width, input.k, e.faults >= 0.5 ? theme.error : near || picked ? theme.text2 : theme.lineControl);
}

function drawHead(ctx: CanvasRenderingContext2D, theme: Theme, { points: p }: Curve, width: number, k: number, color: string): void {
  if (k < 0.16) return;
  const n = p.length;
  const [x, y, hx, hy] = [p[n - 2]!, p[n - 1]!, p[n - 4]!, p[n - 3]!];
  const length = Math.hypot(x - hx, y - hy) || 1;
  const [ux, uy] = [(x - hx) / length, (y - hy) / length];
  const size = 5 + width * 1.2;
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(x - ux * size * 1.5 - uy * size * 0.65, y - uy * size * 1.5 + ux * size * 0.65);
  ctx.lineTo(x - ux * size * 1.5 + uy * size * 0.65, y - uy * size * 1.5 - ux * size * 0.65);
  ctx.closePath();
  ctx.fillStyle = color;
  ctx.fill();
}

/** Rates and lengths at edges that are near what is looked at. */
export function drawLabels(ctx: CanvasRenderingContext2D, theme: Theme, input: GraphInput): void {
  if (input.k < namedFrom && input.hoverEdge < 0) return;
  const size = 11 / Math.min(Math.max(input.k, 0.3), 1);
  ctx.font = `${size}px ${theme.sans}`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  const taken: [number, number, number][] = [];
  input.edges.forEach((e, i) => {
    const sure = i === input.hoverEdge || i === input.selectedEdge;
    if (!sure && !(isNear(input, i) && input.k >= fullFrom)) return;
    const { x, y } = input.curves[i]!;
    const lines = e.label.split(' · ').slice(0, 2);
    const w = Math.max(...lines.map((l) => ctx.measureText(l).width)) + size;
    const h = size * (0.5 + 1.2 * lines.length);
    // A label that would lie on another says nothing.
    if (!sure && taken.some(([a, b, c]) => Math.abs(a - x) < (c + w) / 2 && Math.abs(b - y) < h)) return;
    taken.push([x, y, w]);
    ctx.fillStyle = theme.sunken;
    ctx.globalAlpha = 0.92;
    ctx.beginPath();
    ctx.roundRect(x - w / 2, y - h / 2, w, h, 3);
    ctx.fill();
    ctx.globalAlpha = 1;
    ctx.fillStyle = e.faults >= leastFaults ? theme.error : theme.text2;
    lines.forEach((l, n) => ctx.fillText(l, x, y + (n - (lines.length - 1) / 2) * size * 1.2));
  });
}

const namedFrom = 0.4;
