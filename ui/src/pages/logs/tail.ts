// The lines of a live tail: the last few thousand, with marks between them, and
// what came while somebody was reading. Pure but for who is told of changes.
import type { Change } from './feed';
import type { Line } from './lines';
import { countMarks, type Mark } from './runs';

/** A line, or a mark between lines. */
export type TailItem = Line | { at: string; mark: string };

export const isMark = (i: TailItem): i is { at: string; mark: string } => 'mark' in i;

const most = 5_000;

export class TailBuffer {
  items: TailItem[] = [];
  /** Came while it was held, oldest first. */
  waiting: Line[] = [];
  /** More came while it was held than is kept. */
  passed = 0;
  change: Change = { version: 0, before: 0, after: 0, fresh: true };
  /** Lines a second, as the last update had them: shown and all. */
  rate = { shown: 0, all: 0 };
  /** Lines since the start. */
  seen = 0;
  counts: number[] = [];
  private marks: readonly Mark[] = [];
  private made = 0;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly size = most) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  version = (): number => this.change.version;

  /** Takes an update; what is held waits. */
  push(lines: readonly Line[], skipped: number, seconds: number, held: boolean): void {
    this.rate = { shown: Math.round(lines.length / seconds), all: Math.round((lines.length + skipped) / seconds) };
    this.seen += lines.length + skipped;
    this.count(lines);
    if (held) {
      this.waiting = [...this.waiting, ...lines];
      const over = this.waiting.length - this.size;
      if (over > 0) {
        this.waiting = this.waiting.slice(over);
        this.passed += over;
      }
      this.told(0, 0);
    } else this.append([...this.waiting.splice(0), ...lines]);
  }

  /** Shows what waited. */
  release(): void {
    const lines = this.waiting;
    this.waiting = [];
    if (this.passed > 0) this.append([this.item(`${this.passed} lines came by while this was held`)]);
    this.passed = 0;
    this.append(lines);
  }

  /** Draws a line under what is there. */
  mark(text: string): void {
    this.append([this.item(text)]);
  }

  /** Begins anew under a mark. */
  clear(text: string): void {
    this.items = [this.item(text)];
    this.waiting = [];
    this.passed = 0;
    this.counts = this.marks.map(() => 0);
    this.change = { version: this.change.version + 1, before: 0, after: 0, fresh: true };
    this.listeners.forEach((l) => l());
  }

  /** Other terms are to be counted: in what is there, and from now on. */
  highlight(marks: readonly Mark[]): void {
    this.marks = marks;
    this.counts = marks.map(() => 0);
    this.count(this.items.filter((i): i is Line => !isMark(i)));
    this.told(0, 0);
  }

  private count(lines: readonly Line[]): void {
    if (this.marks.length === 0) return;
    const counts = [...this.counts];
    for (const l of lines) countMarks(l.body, this.marks).forEach((n, i) => (counts[i] = (counts[i] ?? 0) + n));
    this.counts = counts;
  }

  private item(mark: string): TailItem {
    return { at: `mark ${this.made++}`, mark };
  }

  private append(items: readonly TailItem[]): void {
    const all = [...this.items, ...items];
    const over = Math.max(all.length - this.size, 0);
    // Of an update that alone is too much only the end stays.
    const came = Math.min(items.length, this.size);
    const gone = this.items.length + came - Math.min(all.length, this.size);
    this.items = over > 0 ? all.slice(over) : all;
    this.told(-gone, came);
  }

  private told(before: number, after: number): void {
    this.change = { version: this.change.version + 1, before, after, fresh: false };
    this.listeners.forEach((l) => l());
  }
}

/** Colours of the terms to follow, in order. */
const highlightSlots = [1, 2, 3, 4, 5] as const;

/** Terms as marks, each in its colour. */
export function highlights(terms: readonly string[]): Mark[] {
  return terms.map((text, i) => ({ text, slot: highlightSlots[i]!, exact: false })).filter((m) => m.text !== '');
}
