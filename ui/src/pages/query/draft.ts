// The question being edited, with every change undoable.
import { pruned, type Question } from '../../query/question';
import { questionText } from '../../query/print';

const kept = 100;

export class Draft {
  private past: Question[] = [];
  private future: Question[] = [];
  private readonly listeners = new Set<() => void>();

  constructor(private current: Question) {}

  get = (): Question => this.current;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Changes the question; orders and havings of what is gone go too. */
  set(q: Question): void {
    const next = pruned(q);
    if (same(next, this.current)) return;
    this.past = [...this.past.slice(-kept + 1), this.current];
    this.future = [];
    this.put(next);
  }

  /** Takes a question from the address; one that is there already changes nothing. */
  follow(q: Question): void {
    if (same(q, this.current)) return;
    this.past = [...this.past.slice(-kept + 1), this.current];
    this.future = [];
    this.put(q);
  }

  undo(): boolean {
    const q = this.past.pop();
    if (!q) return false;
    this.future.push(this.current);
    this.put(q);
    return true;
  }

  redo(): boolean {
    const q = this.future.pop();
    if (!q) return false;
    this.past.push(this.current);
    this.put(q);
    return true;
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  private put(q: Question): void {
    this.current = q;
    this.listeners.forEach((l) => l());
  }
}

export function same(a: Question, b: Question): boolean {
  return a === b || (questionText(a) === questionText(b) && JSON.stringify(a.rest) === JSON.stringify(b.rest));
}
