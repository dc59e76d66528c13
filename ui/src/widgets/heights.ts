// Heights of the rows of a long list, most of them guessed until they are seen:
// where each row begins, and which row lies at a height, in logarithmic time.

export class Heights {
  private heights: Float64Array;
  private tree: Float64Array;
  private length: number;

  constructor(
    count: number,
    /** The height of a row that was not measured. */
    readonly usual: number,
  ) {
    this.length = count;
    this.heights = new Float64Array(count).fill(usual);
    this.tree = new Float64Array(count + 1);
    this.rebuild();
  }

  get count(): number {
    return this.length;
  }

  get total(): number {
    return this.sum(this.length);
  }

  of(i: number): number {
    return this.heights[i] ?? this.usual;
  }

  /** Where row i begins. */
  top(i: number): number {
    return this.sum(Math.min(Math.max(i, 0), this.length));
  }

  /** Notes a measured height; true if it is another than before. */
  set(i: number, height: number): boolean {
    const by = height - this.heights[i]!;
    if (i < 0 || i >= this.length || Math.abs(by) < 0.5) return false;
    this.heights[i] = height;
    for (let k = i + 1; k <= this.length; k += k & -k) this.tree[k]! += by;
    return true;
  }

  /** The row that lies at a height; the last one below the end. */
  at(y: number): number {
    let index = 0;
    let rest = Math.max(y, 0);
    for (let step = 2 ** Math.floor(Math.log2(Math.max(this.length, 1))); step > 0; step >>= 1) {
      const next = index + step;
      if (next <= this.length && this.tree[next]! <= rest) {
        index = next;
        rest -= this.tree[next]!;
      }
    }
    return Math.min(index, Math.max(this.length - 1, 0));
  }

  /** Rows come in before all others, and go from either end; what was measured stays. */
  change(by: { before?: number; after?: number }): void {
    const [before, after] = [by.before ?? 0, by.after ?? 0];
    const next = new Float64Array(Math.max(this.length + before + after, 0)).fill(this.usual);
    const from = Math.max(-before, 0);
    const kept = this.heights.subarray(from, Math.max(Math.min(this.length, this.length + after), from));
    next.set(kept, Math.max(before, 0));
    this.heights = next;
    this.length = next.length;
    this.tree = new Float64Array(this.length + 1);
    this.rebuild();
  }

  private rebuild(): void {
    for (let i = 1; i <= this.length; i++) {
      this.tree[i]! += this.heights[i - 1]!;
      const up = i + (i & -i);
      if (up <= this.length) this.tree[up]! += this.tree[i]!;
    }
  }

  private sum(n: number): number {
    let out = 0;
    for (let k = n; k > 0; k -= k & -k) out += this.tree[k]!;
    return out;
  }
}
