// The part of a trace that is in view, and the state that changes at frame
// rate. It lives outside React: canvases read it and are drawn once a frame.

export interface Window {
  from: number;
  to: number;
}

/** The shortest stretch that can be looked at, in ns. */
const shortest = 100;

export function clamp(w: Window, total: number): Window {
  const length = Math.min(Math.max(w.to - w.from, Math.min(shortest, total)), total);
  const from = Math.min(Math.max(w.from, 0), total - length);
  return { from, to: from + length };
}

/** Zooms by a factor (below 1 is in) around a moment that keeps its place. */
export function zoom(w: Window, total: number, factor: number, at: number): Window {
  const length = Math.min(Math.max((w.to - w.from) * factor, Math.min(shortest, total)), total);
  const share = w.to > w.from ? (at - w.from) / (w.to - w.from) : 0.5;
  return clamp({ from: at - length * share, to: at + length * (1 - share) }, total);
}

/** Moves by a share of what is in view. */
export function pan(w: Window, total: number, by: number): Window {
  const d = (w.to - w.from) * by;
  return clamp({ from: w.from + d, to: w.to + d }, total);
}

const second = 1e9;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
/** Steps that are round where lengths are written in minutes, hours and days. */
const longSteps = [
  ...[20, 30].map((n) => n * second),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * minute),
  ...[1, 2, 3, 6, 12].map((n) => n * hour),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((n) => n * day),
];

/** Round marks for an axis: 1, 2 or 5 times a power of ten, at least a nanosecond; of minutes, hours and days what is round there. */
export function ticks(w: Window, most: number): number[] {
  const raw = (w.to - w.from) / Math.max(most, 1);
  if (!(raw > 0)) return [0];
  const power = 10 ** Math.floor(Math.log10(raw));
  const round = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw) ?? 10 * power;
  const step = raw > 10 * second ? (longSteps.find((s) => s >= raw) ?? round) : Math.max(round, 1);
  const out: number[] = [];
  for (let k = Math.ceil(w.from / step); k * step <= w.to; k++) out.push(k * step);
  return out;
}

/** Reads a window from an address: from-to in ns. */
export function decodeWindow(text: string | null, total: number): Window | undefined {
  const m = /^(\d{1,16})-(\d{1,16})$/.exec(text ?? '');
  if (!m || Number(m[1]) >= Number(m[2])) return undefined;
  return clamp({ from: Number(m[1]), to: Number(m[2]) }, total);
}

export function encodeWindow(w: Window, total: number): string | undefined {
  if (w.from <= 0 && w.to >= total) return undefined;
  return `${Math.round(w.from)}-${Math.round(w.to)}`;
}

/** Holds the window and the scroll, and tells those who draw, at most once a frame. */
export class Viewport {
  window: Window;
  scroll = 0;
  private readonly painters = new Set<() => void>();
  private frame = 0;

  constructor(
    public total: number,
    initial?: Window,
  ) {
    this.window = initial ?? { from: 0, to: total };
  }

  setWindow(w: Window): void {
    this.window = clamp(w, this.total);
    this.changed();
  }

  setScroll(top: number): void {
    this.scroll = top;
    this.changed();
  }

  /** Takes over the length of a trace that has grown; a view of all stays one of all. */
  setTotal(total: number): void {
    const all = this.window.from <= 0 && this.window.to >= this.total;
    this.total = total;
    this.setWindow(all ? { from: 0, to: total } : this.window);
  }

  isWhole(): boolean {
    return this.window.from <= 0 && this.window.to >= this.total;
  }

  onPaint(paint: () => void): () => void {
    this.painters.add(paint);
    return () => this.painters.delete(paint);
  }

  changed(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      for (const paint of this.painters) paint();
    });
  }
}
