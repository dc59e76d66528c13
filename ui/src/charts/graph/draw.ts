// Draws a graph of services. No React, no reads of the page: what is drawn
// follows from the arguments, so a recording context can test it.
import type { Theme } from '../theme';
import { drawEdges, drawLabels } from './drawEdges';
import { drawRing } from '../ring';
import { nodeHeight, nodeWidth } from './layout';
import { changeColor, fullFrom, type GraphInput, type GraphNode } from './scene';

/** Below these, nodes show less. */
const figuresFrom = 0.48;
const namesFrom = 0.26;
const faded = 0.16;

export function drawGraph(ctx: CanvasRenderingContext2D, theme: Theme, input: GraphInput): void {
  const { k, dx, dy, width, height } = input;
  ctx.save();
  ctx.translate(dx, dy);
  ctx.scale(k, k);
  drawEdges(ctx, theme, input, faded);
  const seen = { left: -dx / k, top: -dy / k, right: (width - dx) / k, bottom: (height - dy) / k };
  input.nodes.forEach((node, i) => {
    const { x, y } = input.places[i]!;
    const [w, h] = [(nodeWidth / 2) * node.size + 8, (nodeHeight / 2) * node.size + 8];
    if (x + w < seen.left || x - w > seen.right || y + h < seen.top || y - h > seen.bottom) return;
    ctx.globalAlpha = input.bright && !input.bright.has(i) ? faded : 1;
    ctx.save();
    ctx.translate(x, y);
    ctx.scale(node.size, node.size);
    drawNode(ctx, theme, input, node, i);
    ctx.restore();
  });
  ctx.globalAlpha = 1;
  drawLabels(ctx, theme, input);
  ctx.restore();
}

function drawNode(ctx: CanvasRenderingContext2D, theme: Theme, input: GraphInput, node: GraphNode, i: number): void {
  const { k } = input;
  const [left, top] = [-nodeWidth / 2, -nodeHeight / 2];
  const chosen = i === input.selected;
  const match = input.matches?.has(i) ?? false;
  // What lies behind must not shine through a faded node.
  const alpha = ctx.globalAlpha;
  ctx.globalAlpha = 1;
  ctx.fillStyle = theme.surface;
  box(ctx, left, top);
  ctx.fill();
  ctx.globalAlpha = alpha;
  if (node.change) {
    ctx.fillStyle = changeColor(theme, node.change.share);
    ctx.globalAlpha = alpha * 0.28;
    ctx.fill();
    ctx.globalAlpha = alpha;
  } else if (i === input.hover) {
    ctx.fillStyle = theme.hover;
    ctx.fill();
  }
  ctx.strokeStyle = chosen ? theme.accent : match ? theme.pick : i === input.hover ? theme.lineControl : theme.line;
  ctx.lineWidth = (chosen || match ? 2 : 1) / Math.min(k, 1);
  ctx.setLineDash(node.inferred && !chosen && !match ? [4, 3] : []);
  ctx.stroke();
  ctx.setLineDash([]);
  if (node.slot > 0) {
    ctx.fillStyle = theme.slots[node.slot]!;
    ctx.fillRect(left + 1, top + 10, 3, nodeHeight - 20);
  }
  if (k < namesFrom) drawRing(ctx, theme, node.health, 0, 0, 20, 10);
  else if (k < fullFrom) drawSmall(ctx, theme, node, k);
  else drawFull(ctx, theme, input, node, i);
}

const box = (ctx: CanvasRenderingContext2D, left: number, top: number): void => {
  ctx.beginPath();
  ctx.roundRect(left, top, nodeWidth, nodeHeight, 6);
};

/** Seen from afar: the ring, the name in letters that can be read, and the figures while there is room. */
function drawSmall(ctx: CanvasRenderingContext2D, theme: Theme, node: GraphNode, k: number): void {
  drawRing(ctx, theme, node.health, -nodeWidth / 2 + 24, 0, 14, 7);
  const size = Math.min(10.5 / k, 26);
  const x = -nodeWidth / 2 + 45;
  const room = nodeWidth - 50;
  ctx.font = `500 ${size}px ${theme.sans}`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = theme.text;
  const fits = (t: string): boolean => ctx.measureText(t).width <= room;
  const lines = breakName(node.name, fits);
  // Where not all has room, the name has it: the ring tells how the node is.
  const rows = lines.length + 1;
  const line = size * 1.15;
  const withFigures = k >= figuresFrom && rows * line <= nodeHeight - 2;
  const first = (-(withFigures ? lines.length : lines.length - 1) * line) / 2;
  lines.forEach((l, n) => ctx.fillText(l, x, first + n * line));
  if (!withFigures) return;
  const y = first + lines.length * line;
  const figures = node.change ? node.change.words : node.failing || node.latency.replace('p95 ', '');
  ctx.font = `${size * 0.92}px ${theme.sans}`;
  ctx.fillStyle = theme.text3;
  if (!node.change) ctx.fillText(node.rate, x, y);
  const after = node.change ? 0 : ctx.measureText(node.rate).width + size * 0.5;
  if (after + ctx.measureText(figures).width > room) return;
  if (node.failing && !node.change) ctx.fillStyle = node.alarming ? theme.error : theme.text3;
  ctx.fillText(figures, x + after, y);
}

function drawFull(ctx: CanvasRenderingContext2D, theme: Theme, input: GraphInput, node: GraphNode, i: number): void {
  const ring = -nodeWidth / 2 + 31;
  drawRing(ctx, theme, node.health, ring, 0, 18, 5);
  ctx.strokeStyle = theme.text2;
  ctx.fillStyle = theme.text2;
  input.glyph(ctx, node.kind, ring - 8, -8);
  const x = -nodeWidth / 2 + 58;
  const room = nodeWidth - 58 - 8;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.font = `600 12px ${theme.sans}`;
  ctx.fillStyle = theme.text;
  const lines = breakName(node.name, (t) => ctx.measureText(t).width <= room);
  const tall = lines.length > 1;
  lines.forEach((l, n) => ctx.fillText(l, x, tall ? -20 + n * 13 : -15));
  ctx.font = `11px ${theme.sans}`;
  if (node.change) {
    ctx.fillStyle = theme.text2;
    ctx.fillText(node.change.words, x, tall ? 12 : 6);
  } else {
    ctx.fillStyle = theme.text2;
    ctx.fillText(node.rate, x, tall ? 7 : 3);
    if (node.failing) {
      ctx.fillStyle = node.alarming ? theme.error : theme.text3;
      ctx.fillText(node.failing, x + ctx.measureText(node.rate).width + 8, tall ? 7 : 3);
    }
    ctx.fillStyle = theme.text3;
    ctx.fillText(node.latency, x, tall ? 20 : 18);
  }
  if (input.pinned(i)) {
    ctx.fillStyle = theme.text3;
    ctx.beginPath();
    ctx.arc(nodeWidth / 2 - 8, -nodeHeight / 2 + 8, 2.5, 0, 7);
    ctx.fill();
  }
}

/** A name on at most two lines, broken where it has a joint; what is too long loses its middle. */
export function breakName(name: string, fits: (t: string) => boolean): string[] {
  if (fits(name)) return [name];
  let at = 0;
  for (let i = 1; i < name.length; i++) {
    if (!fits(name.slice(0, i))) break;
    if (/[-._/:@ ]/.test(name[i - 1]!)) at = i;
  }
  if (at === 0) {
    // No joint that fits: the line takes what it can.
    at = 1;
    while (at < name.length && fits(name.slice(0, at + 1))) at++;
  }
  return [name.slice(0, at), elide(name.slice(at), fits)];
}

/** As much of both ends as fits. */
export function elide(text: string, fits: (t: string) => boolean): string {
  if (fits(text)) return text;
  for (let keep = text.length - 1; keep > 1; keep--) {
    const head = Math.ceil(keep / 2);
    const short = `${text.slice(0, head)}…${text.slice(text.length - (keep - head))}`;
    if (fits(short)) return short;
  }
  return '…';
}
