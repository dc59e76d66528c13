// Where the pointer is on charts that share time and groups. It lives outside
// React: canvases read it and are drawn once a frame.

export class Hover {
  /** Time under the pointer, in ns from the start of what is shown. */
  at: number | undefined;
  /** The group nearest to the pointer. */
  group: string | undefined;
  private readonly painters = new Set<() => void>();
  private readonly watchers = new Set<() => void>();
  private frame = 0;

  set(at: number | undefined, group: string | undefined): void {
    if (at === this.at && group === this.group) return;
    const regroup = group !== this.group;
    this.at = at;
    this.group = group;
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      for (const paint of this.painters) paint();
    });
    if (regroup) this.watchers.forEach((w) => w());
  }

  onPaint = (paint: () => void): (() => void) => {
    this.painters.add(paint);
    return () => this.painters.delete(paint);
  };

  /** For what follows the group only, such as rows of a table. */
  onGroup = (watch: () => void): (() => void) => {
    this.watchers.add(watch);
    return () => this.watchers.delete(watch);
  };

  groupNow = (): string | undefined => this.group;
}
