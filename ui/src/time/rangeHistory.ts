// The ranges looked at one after the other, to go back and forth between them.
// They are apart from the browser's history, which also holds other changes.
import type { Range } from './range';

const most = 50;

export class RangeHistory {
  private list: Range[] = [];
  private at = -1;

  /** Notes the range that is shown now; going back and then elsewhere forgets what was undone. */
  visit(r: Range): void {
    const now = this.list[this.at];
    if (now && now.from === r.from && now.to === r.to) return;
    this.list = [...this.list.slice(0, this.at + 1), { from: r.from, to: r.to }].slice(-most);
    this.at = this.list.length - 1;
  }

  canUndo(): boolean {
    return this.at > 0;
  }

  /** The range before the one that is shown, which it becomes. */
  undo(): Range | undefined {
    return this.canUndo() ? this.list[--this.at] : undefined;
  }

  redo(): Range | undefined {
    return this.at < this.list.length - 1 ? this.list[++this.at] : undefined;
  }

  /** Ranges without repeats, the newest first, without the one that is shown. */
  recent(n: number): Range[] {
    const seen = new Set<string>([JSON.stringify(this.list[this.at])]);
    const out: Range[] = [];
    for (const r of [...this.list].reverse()) {
      const key = JSON.stringify(r);
      if (!seen.has(key)) out.push(r);
      seen.add(key);
    }
    return out.slice(0, n);
  }
}
