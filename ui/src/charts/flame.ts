// The flame view: spans as boxes under their parents, in time order or merged
// by path with the heaviest to the left. Layout and drawing are apart.
import type { Ctx } from './bars';
import { flag, type TraceModel } from './model';
import type { Theme } from './theme';
import type { Window } from './viewport';

export const levelHeight = 20;

/** Boxes of the flame, by level; start and length in ns. */
export interface FlameLayout {
  count: number;
  levels: number;
  span: Int32Array;
  level: Int32Array;
  start: Float64Array;
  length: Float64Array;
  /** How many spans a merged box stands for. */
  times: Int32Array;
  errors: Uint8Array;
  /** Boxes of level k are order[levelStart[k]] up to order[levelStart[k + 1]], by start. */
  levelStart: Int32Array;
  order: Int32Array;
}

/** Siblings that run at once would hide each other: a later one goes lower while one of these levels is free. */
const levelsTried = 12;

/** Time order: each span under its parent, where nothing else is at its time. */
export function timeFlame(t: TraceModel): FlameLayout {
  const s = t.spans;
  const level = new Int32Array(t.count);
  const busy: number[] = []; // until when each level is taken
  for (let i = 0; i < t.count; i++) {
    const above = s.parent[i]! < 0 ? -1 : level[s.parent[i]!]!;
    let at = above + 1;
    while (busy.length <= above + levelsTried) busy.push(-1);
    while (at <= above + levelsTried && busy[at]! > s.start[i]!) at++;
    if (at > above + levelsTried) at = above + 1;
    level[i] = at;
    busy[at] = Math.max(busy[at]!, s.start[i]! + s.duration[i]!);
  }
  const errors = new Uint8Array(t.count);
  const span = new Int32Array(t.count);
  for (let i = 0; i < t.count; i++) {
    span[i] = i;
    errors[i] = s.flags[i]! & flag.error ? 1 : 0;
  }
  return arrange(span, level, s.start, s.duration, new Int32Array(t.count).fill(1), errors);
}

interface Node {
  span: number;
  times: number;
  self: number;
  errors: number;
  children: Map<string, Node>;
  value: number;
}

/** Left-heavy: equal paths of service and name are one box, as wide as the own times below it. */
export function heavyFlame(t: TraceModel): FlameLayout {
  const s = t.spans;
  const top: Node = { span: -1, times: 0, self: 0, errors: 0, children: new Map(), value: 0 };
  const nodeOf: Node[] = [];
  for (let i = 0; i < t.count; i++) {
    const parent = s.parent[i]! < 0 ? top : nodeOf[s.parent[i]!]!;
    const key = `${s.service[i]} ${s.name[i]}`;
    let node = parent.children.get(key);
    if (!node) {
      node = { span: i, times: 0, self: 0, errors: 0, children: new Map(), value: 0 };
      parent.children.set(key, node);
    }
    node.times++;
    node.self += Math.max(s.self[i]!, 0);
    node.errors += s.flags[i]! & flag.error ? 1 : 0;
    nodeOf.push(node);
  }
  const boxes: [node: Node, level: number, start: number][] = [];
  // Depth first without recursion: a hostile trace may be very deep.
  const order: Node[] = [];
  const stack: Node[] = [...top.children.values()];
  while (stack.length > 0) {
    const n = stack.pop()!;
    order.push(n);
    stack.push(...n.children.values());
  }
  for (const n of order.reverse()) {
    n.value = n.self;
    for (const c of n.children.values()) n.value += c.value;
  }
  for (const c of top.children.values()) top.value += c.value;
  const scale = top.value > 0 ? t.total / top.value : 0;
  const todo: [Node, number, number][] = [[top, -1, 0]];
  while (todo.length > 0) {
    const [n, level, start] = todo.pop()!;
    if (n !== top) boxes.push([n, level, start]);
    let at = start;
    for (const c of [...n.children.values()].sort((a, b) => b.value - a.value)) {
      todo.push([c, level + 1, at]);
      at += c.value * scale;
    }
  }
  return arrange(
    Int32Array.from(boxes, (b) => b[0].span),
    Int32Array.from(boxes, (b) => b[1]),
    Float64Array.from(boxes, (b) => b[2]),
    Float64Array.from(boxes, (b) => b[0].value * scale),
    Int32Array.from(boxes, (b) => b[0].times),
    Uint8Array.from(boxes, (b) => (b[0].errors > 0 ? 1 : 0)),
  );
}

function arrange(
  span: Int32Array,
  level: Int32Array,
  start: Float64Array,
  length: Float64Array,
  times: Int32Array,
  errors: Uint8Array,
): FlameLayout {
  let levels = 0;
  for (const l of level) levels = Math.max(levels, l + 1);
  const levelStart = new Int32Array(levels + 1);
  for (const l of level) levelStart[l + 1]!++;
  for (let l = 0; l < levels; l++) levelStart[l + 1]! += levelStart[l]!;
  const order = new Int32Array(span.length);
  const free = levelStart.slice();
  for (let i = 0; i < order.length; i++) order[free[level[i]!]!++] = i;
  for (let l = 0; l < levels; l++) {
    const boxes = order.subarray(levelStart[l], levelStart[l + 1]);
    // Most levels were filled in the order of time.
    if (boxes.some((b, k) => k > 0 && start[boxes[k - 1]!]! > start[b]!)) boxes.sort((a, b) => start[a]! - start[b]!);
  }
  return { count: span.length, levels, span, level, start, length, times, errors, levelStart, order };
}

export interface FlameInput {
  trace: TraceModel;
  layout: FlameLayout;
  window: Window;
  width: number;
  height: number;
  scroll: number;
  selected: number;
  matches: Uint8Array | undefined;
  /** By span, below 0 where the filters leave it out: drawn faintly, for its place is part of the picture. */
  shown: Int32Array;
  title: (box: number) => string;
}

/** Draws the boxes in view. One that would fall within half a pixel of the last is left out, unless it failed. */
export function drawFlame(ctx: Ctx, theme: Theme, p: FlameInput): void {
  const { layout: f, window: w, width } = p;
  const scale = width / Math.max(w.to - w.from, 1);
  ctx.font = `11px ${theme.sans}`;
  ctx.textBaseline = 'middle';
  const first = Math.max(Math.floor(p.scroll / levelHeight), 0);
  const last = Math.min(Math.ceil((p.scroll + p.height) / levelHeight), f.levels);
  for (let l = first; l < last; l++) {
    const y = l * levelHeight - p.scroll;
    let drawn = -Infinity;
    for (let k = f.levelStart[l]!; k < f.levelStart[l + 1]!; k++) {
      const b = f.order[k]!;
      const x = (f.start[b]! - w.from) * scale;
      if (x > width) break;
      const x2 = x + f.length[b]! * scale;
      if (x2 < 0 || (x2 - drawn < 0.5 && !f.errors[b])) continue;
      drawn = Math.max(drawn, x2);
      drawBox(ctx, theme, p, b, Math.max(x, 0), Math.min(x2, width), y);
    }
  }
  ctx.globalAlpha = 1;
}

function drawBox(ctx: Ctx, theme: Theme, p: FlameInput, b: number, left: number, right: number, y: number): void {
  const { trace, layout: f } = p;
  const i = f.span[b]!;
  const slot = trace.slots[trace.spans.service[i]!]!;
  const room = right - left;
  ctx.globalAlpha = p.shown[i]! < 0 ? 0.12 : p.matches && !p.matches[i] ? 0.3 : 1;
  ctx.fillStyle = (trace.spans.flags[i]! & flag.placeholder) !== 0 ? theme.line : theme.slots[slot]!;
  ctx.fillRect(left, y, Math.max(room - (room > 3 ? 1 : 0), 0.7), levelHeight - 1);
  if (room > 3 && trace.hatched[trace.spans.service[i]!]) {
    ctx.fillStyle = theme.hatch;
    ctx.fillRect(left, y + levelHeight - 6, room - 1, 5); // below the text, which it would hide
  }
  if (f.errors[b]) {
    ctx.fillStyle = theme.error;
    ctx.fillRect(left, y + levelHeight - 4, Math.max(room - 1, 1.5), 3);
  }
  const on = theme.onSlot[slot];
  if (room > 34 && on) {
    const text = fit(ctx, p.title(b), room - 10);
    ctx.fillStyle = on;
    if (text) ctx.fillText(text, left + 5, y + levelHeight / 2 - 0.5);
  }
  if (i === p.selected) {
    ctx.strokeStyle = theme.text;
    ctx.lineWidth = 2;
    ctx.strokeRect(left + 1, y + 1, Math.max(room - 3, 1), levelHeight - 3);
  }
}

/** Cuts a text to a width, guessing by its average letter first. */
function fit(ctx: Ctx, text: string, room: number): string {
  const whole = ctx.measureText(text).width;
  if (whole <= room) return text;
  const letters = Math.floor((text.length * room) / whole) - 1;
  return letters > 2 ? `${text.slice(0, letters)}…` : '';
}

/** The box at a place, -1 if there is none. */
export function boxAt(f: FlameLayout, level: number, time: number, slack: number): number {
  if (level < 0 || level >= f.levels) return -1;
  let best = -1;
  for (let k = f.levelStart[level]!; k < f.levelStart[level + 1]!; k++) {
    const b = f.order[k]!;
    if (f.start[b]! > time + slack) break;
    if (f.start[b]! + f.length[b]! >= time - slack) best = b;
  }
  return best;
}
