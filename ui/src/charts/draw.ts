// Drawing on canvases from plain arrays. No React, no reads of the page.
import type { Skeleton } from '../api/types';
import { flag, ticks, type Row, type Window } from './waterfall';

export interface Theme {
  slots: string[];
  text: string; text2: string; text3: string; line: string; lineSubtle: string; surface: string; sunken: string; hover: string;
  accent: string; pick: string; error: string; critical: string; halo: string; heat: string[]; mono: string; sans: string;
}

/** Reads the colours of an element's theme, once per change of theme. */
export function readTheme(e: Element): Theme {
  const css = getComputedStyle(e);
  const v = (name: string): string => css.getPropertyValue(name).trim();
  return {
    slots: Array.from({ length: 13 }, (_, i) => (i === 0 ? v('--s12') : v(`--s${i}`))),
    text: v('--text'), text2: v('--text-2'), text3: v('--text-3'), line: v('--line'), lineSubtle: v('--line-subtle'),
    surface: v('--bg-surface'), sunken: v('--bg-sunken'), hover: v('--bg-hover'), accent: v('--accent'), pick: v('--pick'),
    error: v('--error-mark'), critical: v('--critical'), halo: v('--critical-halo'), heat: v('--heat').split(',').map((c) => c.trim()),
    mono: v('--mono'), sans: v('--sans'),
  };
}

/** Sizes a canvas for the screen's pixels and clears it. */
export function prepare(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const ctx = canvas.getContext('2d')!;
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return ctx;
}

export const rowHeight = 24;

export interface BarsInput {
  trace: Skeleton;
  rows: Row[];
  slotOf: (service: number) => number;
  window: Window;
  width: number;
  height: number;
  scroll: number;
  selected: number;
  critical: Map<number, [number, number][]>;
  showCritical: boolean;
  matches: Uint8Array | undefined;
  marks: Map<number, number[]>; // annotations by span
  label: (ns: number) => string;
}

/** Draws the bars of the rows that are in view. */
export function drawBars(ctx: CanvasRenderingContext2D, theme: Theme, input: BarsInput): void {
  const { trace, rows, window: w, width, height, scroll } = input;
  const scale = width / Math.max(w.to - w.from, 1);
  ctx.font = `11px ${theme.sans}`;
  ctx.textBaseline = 'middle';
  ctx.strokeStyle = theme.lineSubtle;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (const t of ticks(w, width / 110)) {
    const x = Math.round((t - w.from) * scale) + 0.5;
    ctx.moveTo(x, 0);
    ctx.lineTo(x, height);
  }
  ctx.stroke();
  const first = Math.max(Math.floor(scroll / rowHeight), 0);
  const last = Math.min(Math.ceil((scroll + height) / rowHeight), rows.length);
  for (let r = first; r < last; r++) {
    drawRow(ctx, theme, input, rows[r]!, r * rowHeight - scroll, scale);
  }
  void trace;
}

function drawRow(ctx: CanvasRenderingContext2D, theme: Theme, input: BarsInput, row: Row, top: number, scale: number): void {
  const { trace, window: w, width } = input;
  const s = trace.spans;
  const i = row.span;
  if (i === input.selected) {
    ctx.fillStyle = theme.hover;
    ctx.fillRect(0, top, width, rowHeight);
  }
  const flags = s.flags[i]!;
  const color = theme.slots[input.slotOf(s.service[i]!)] ?? theme.text3;
  const dim = input.matches && !input.matches[i];
  ctx.globalAlpha = dim ? 0.35 : 1;
  const y = top + 7;
  const h = 10;
  if (row.repeats.length > 0) {
    let before = -1;
    for (const k of row.repeats) {
      const x = (s.start[k]! - w.from) * scale;
      const x2 = Math.max(x + s.duration[k]! * scale, x + 1);
      const error = (s.flags[k]! & flag.error) !== 0;
      if (x2 < 0 || x > width || (x2 - before < 0.5 && !error)) continue;
      ctx.fillStyle = error ? theme.error : color;
      ctx.fillRect(x, y, Math.max(x2 - x - 1, 1), h);
      before = x2;
    }
    ctx.globalAlpha = 1;
    return;
  }
  const x = (s.start[i]! - w.from) * scale;
  const length = s.duration[i]! * scale;
  const left = Math.max(x, 0);
  const right = Math.min(x + Math.max(length, 2), width);
  if (right > 0 && left < width) {
    if ((flags & flag.placeholder) !== 0) {
      ctx.strokeStyle = theme.text3;
      ctx.setLineDash([3, 3]);
      ctx.strokeRect(left + 0.5, y + 0.5, Math.max(right - left - 1, 1), h - 1);
      ctx.setLineDash([]);
    } else {
      ctx.fillStyle = (flags & flag.error) !== 0 ? theme.error : color;
      // Waiting for children is lighter than the span's own work.
      ctx.globalAlpha = (dim ? 0.35 : 1) * (s.descendants[i]! > 0 ? 0.45 + 0.55 * Math.min(s.self[i]! / Math.max(s.duration[i]!, 1), 1) : 1);
      ctx.beginPath();
      ctx.roundRect(left, y, right - left, h, 2);
      ctx.fill();
      ctx.globalAlpha = dim ? 0.35 : 1;
    }
  }
  if (input.showCritical) drawCritical(ctx, theme, input.critical.get(i), w, scale, width, top + 20);
  for (const a of input.marks.get(i) ?? []) {
    const mx = (trace.annotations.time[a]! - w.from) * scale;
    if (mx < -4 || mx > width + 4) continue;
    ctx.fillStyle = trace.annotations.kind[a] === 1 || trace.annotations.kind[a] === 4 ? theme.error : theme.text;
    ctx.strokeStyle = theme.surface;
    ctx.beginPath();
    if (trace.annotations.kind[a] === 1 || trace.annotations.kind[a] === 4) {
      ctx.moveTo(mx, top + 6);
      ctx.lineTo(mx + 5, top + 12);
      ctx.lineTo(mx, top + 18);
      ctx.lineTo(mx - 5, top + 12);
    } else {
      ctx.arc(mx, top + 12, 3, 0, 2 * Math.PI);
    }
    ctx.closePath();
    ctx.fill();
    ctx.stroke();
  }
  const text = (flags & flag.noDuration) !== 0 ? '' : input.label(s.duration[i]!);
  const textWidth = text.length * 6.2;
  ctx.fillStyle = theme.text2;
  if (right + 8 + textWidth < width) ctx.fillText(text, Math.max(right, 0) + 8, top + 12.5);
  else if (left > textWidth + 12) ctx.fillText(text, left - textWidth - 8, top + 12.5);
  ctx.globalAlpha = 1;
}

function drawCritical(ctx: CanvasRenderingContext2D, theme: Theme, steps: [number, number][] | undefined, w: Window, scale: number, width: number, y: number): void {
  for (const [from, to] of steps ?? []) {
    const x = Math.max((from - w.from) * scale, 0);
    const x2 = Math.min(Math.max((to - w.from) * scale, x + 1), width);
    if (x2 < 0 || x > width) continue;
    ctx.fillStyle = theme.halo;
    ctx.fillRect(x - 1, y - 1, x2 - x + 2, 4);
    ctx.fillStyle = theme.critical;
    ctx.fillRect(x, y, x2 - x, 2);
  }
}

/** Draws all spans small, errors on top, and the window in amber. */
export function drawMinimap(ctx: CanvasRenderingContext2D, theme: Theme, t: Skeleton, slotOf: (service: number) => number, w: Window, width: number, height: number): void {
  const s = t.spans;
  const n = s.id.length;
  const scale = width / Math.max(t.duration, 1);
  const deepest = s.depth.reduce((a, b) => Math.max(a, b), 0) + 1;
  const step = Math.max(height / deepest, 0.5);
  for (const errors of [false, true]) {
    for (let i = 0; i < n; i++) {
      if (((s.flags[i]! & flag.error) !== 0) !== errors) continue;
      ctx.fillStyle = errors ? theme.error : (theme.slots[slotOf(s.service[i]!)] ?? theme.text3);
      ctx.fillRect(s.start[i]! * scale, s.depth[i]! * step, Math.max(s.duration[i]! * scale, 0.7), Math.max(step - 0.5, 0.7));
    }
  }
  const x = w.from * scale;
  const x2 = w.to * scale;
  if (x2 - x < width - 1) {
    ctx.fillStyle = theme.sunken;
    ctx.globalAlpha = 0.65;
    ctx.fillRect(0, 0, x, height);
    ctx.fillRect(x2, 0, width - x2, height);
    ctx.globalAlpha = 1;
    ctx.fillStyle = theme.pick;
    ctx.fillRect(x - 1, 0, 2, height);
    ctx.fillRect(x2 - 1, 0, 2, height);
  }
}

export function drawAxis(ctx: CanvasRenderingContext2D, theme: Theme, w: Window, width: number, label: (ns: number) => string): void {
  const scale = width / Math.max(w.to - w.from, 1);
  ctx.font = `11px ${theme.sans}`;
  ctx.textBaseline = 'middle';
  ctx.fillStyle = theme.text3;
  for (const t of ticks(w, width / 110)) {
    const x = (t - w.from) * scale;
    ctx.fillText(t === 0 ? '0' : label(t), Math.min(x + 4, width - 50), 12);
  }
}

export interface HeatInput { counts: number[]; count: number; bins: number; width: number; height: number }

/** Draws counts by time (across) and bin (up), colour by the logarithm of the count. */
export function drawHeat(ctx: CanvasRenderingContext2D, theme: Theme, h: HeatInput): void {
  const top = h.counts.reduce((a, b) => Math.max(a, b), 0);
  if (top === 0) return;
  const w = h.width / h.count;
  const cell = h.height / h.bins;
  for (let t = 0; t < h.count; t++) {
    for (let b = 0; b < h.bins; b++) {
      const n = h.counts[t * h.bins + b]!;
      if (n <= 0) continue;
      const shade = top <= 1 ? 4 : Math.round((Math.log(n) / Math.log(top)) * (theme.heat.length - 1));
      ctx.fillStyle = theme.heat[Math.min(Math.max(shade, 1), theme.heat.length - 1)]!;
      ctx.fillRect(t * w, h.height - (b + 1) * cell, Math.max(w - 0.5, 1), Math.max(cell - 0.3, 1));
    }
  }
}

export function drawSpark(ctx: CanvasRenderingContext2D, color: string, values: number[], width: number, height: number): void {
  const top = values.reduce((a, b) => Math.max(a, b), 0);
  if (top <= 0) return;
  const step = width / values.length;
  ctx.fillStyle = color;
  values.forEach((v, i) => {
    const h = Math.max((v / top) * height, v > 0 ? 1 : 0);
    ctx.fillRect(i * step, height - h, Math.max(step - 1, 1), h);
  });
}
