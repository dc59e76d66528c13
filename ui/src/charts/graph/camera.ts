// Where one looks at a graph from. It lives outside React: the canvas reads it
// and is drawn once a frame.

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const least = 0.04;
const most = 2.5;
/** What fits is not blown up beyond this. */
const largestFit = 1;

export class Camera {
  /** Screen = world × k + shift. */
  k = 1;
  dx = 0;
  dy = 0;
  /** It shows all, and follows when all changes. */
  fitted = true;
  private readonly painters = new Set<() => void>();
  private frame = 0;

  worldAt(x: number, y: number): [number, number] {
    return [(x - this.dx) / this.k, (y - this.dy) / this.k];
  }

  pan(x: number, y: number): void {
    this.dx += x;
    this.dy += y;
    this.moved();
  }

  /** Zooms around a place on the screen that keeps its place. */
  zoom(factor: number, x: number, y: number): void {
    const k = Math.min(Math.max(this.k * factor, least), most);
    this.dx = x - ((x - this.dx) * k) / this.k;
    this.dy = y - ((y - this.dy) * k) / this.k;
    this.k = k;
    this.moved();
  }

  fit(b: Box, width: number, height: number, margin = 32): void {
    if (!(b.right > b.left) || width <= 0 || height <= 0) return;
    const k = Math.min((width - 2 * margin) / (b.right - b.left), (height - 2 * margin) / (b.bottom - b.top), largestFit);
    this.k = Math.max(k, least);
    this.dx = width / 2 - ((b.left + b.right) / 2) * this.k;
    this.dy = height / 2 - ((b.top + b.bottom) / 2) * this.k;
    this.fitted = true;
    this.changed();
  }

  /** Brings a place of the world into view, with as little movement as that needs. */
  reveal(b: Box, width: number, height: number, margin = 24): void {
    const [l, t, r, u] = [b.left * this.k + this.dx, b.top * this.k + this.dy, b.right * this.k + this.dx, b.bottom * this.k + this.dy];
    const dx = l < margin ? margin - l : r > width - margin ? width - margin - r : 0;
    const dy = t < margin ? margin - t : u > height - margin ? height - margin - u : 0;
    if (dx !== 0 || dy !== 0) this.pan(dx, dy);
  }

  onPaint = (paint: () => void): (() => void) => {
    this.painters.add(paint);
    return () => this.painters.delete(paint);
  };

  changed(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      for (const paint of this.painters) paint();
    });
  }

  private moved(): void {
    this.fitted = false;
    this.changed();
  }
}
