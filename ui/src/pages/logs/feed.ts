// A stretch of lines that grows at both ends as it is read: pages come by the
// position of the line at the end, so that lines of one moment are neither
// lost nor shown twice. Outside React; who shows it is told of changes.
import type { Line } from './lines';

export type Order = 'asc' | 'desc';

export interface Loaded {
  lines: Line[];
  /** The position to go on from; empty where nothing lies behind. */
  next: string;
  /** Up to here everything was looked at, Unix ns. */
  reached: string;
  scanned: number;
}

export interface Load {
  /** Lines behind a position, in an order; without one from the end of the range. */
  page: (order: Order, after: string, limit: number, signal: AbortSignal) => Promise<Loaded>;
  /** Lines on both sides of one, and the line itself if it is among them; none where it is not known. */
  around: (order: Order, at: string, limit: number, signal: AbortSignal) => Promise<Line[]>;
  /** A line with all of its texts; undefined where it is not known any more. */
  whole: (line: Line, signal?: AbortSignal) => Promise<Line | undefined>;
}

export interface End {
  next: string;
  loading: boolean;
  error: Error | undefined;
  /** There may be more. */
  open: boolean;
  /** Up to here everything was looked at, Unix ns. */
  reached: string;
}

/** How the list changed last, for who keeps places by index. */
export interface Change {
  version: number;
  /** Rows that came before all others; negative for rows that went. */
  before: number;
  after: number;
  /** Nothing is as it was. */
  fresh: boolean;
}

const mostKept = 100_000;
const dropped = 10_000;

const shut: End = { next: '', loading: false, error: undefined, open: false, reached: '' };

export class Feed {
  /** In the order of the list. */
  lines: Line[] = [];
  head: End = shut;
  tail: End = shut;
  change: Change = { version: 0, before: 0, after: 0, fresh: true };
  scanned = 0;
  /** The first page has come. */
  started = false;
  private readonly listeners = new Set<() => void>();
  private abort = new AbortController();

  constructor(
    readonly order: Order,
    private readonly load: Load,
    private readonly size = 500,
    private readonly most = mostKept,
  ) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  version = (): number => this.change.version;

  /** Stops what is under way; it can begin anew. */
  close(): void {
    this.abort.abort();
    this.abort = new AbortController();
    this.head = this.tail = shut;
  }

  /** Begins at the start of the list. */
  start(): Promise<void> {
    this.tail = { ...shut, open: true };
    return this.more('tail');
  }

  /** Begins at a place between lines and grows from there both ways. */
  between(at: string): Promise<void> {
    this.head = { ...shut, next: at, open: true };
    this.tail = { ...shut, next: at, open: true };
    return Promise.all([this.more('head'), this.more('tail')]).then(() => undefined);
  }

  /** Begins with a line and those around it. */
  async around(at: string): Promise<void> {
    const { signal } = this.abort;
    this.put('tail', { ...shut, loading: true, open: true }, 0, 0);
    let lines: Line[] = [];
    try {
      lines = await this.load.around(this.order, at, this.size, signal);
    } catch {
      // It is not known any more: its place is.
    }
    if (signal.aborted) return;
    if (lines.length === 0) {
      this.tail = shut;
      await this.between(at);
      return;
    }
    this.lines = lines;
    this.started = true;
    this.head = { ...shut, next: lines[0]!.at, open: true };
    this.put('tail', { ...shut, next: lines.at(-1)!.at, open: true }, 0, lines.length);
  }

  /** Lines with all of their texts, in their order; those that were cut are read again, and stay whole in the list. */
  async whole(lines: readonly Line[]): Promise<Line[]> {
    const out: Line[] = [];
    for (const line of lines) {
      const whole = line.cut > 0 ? await this.load.whole(line) : line;
      out.push(whole ?? line);
      if (whole && whole !== line) this.exchange(whole);
    }
    return out;
  }

  private exchange(line: Line): void {
    const i = this.lines.findIndex((l) => l.at === line.at);
    if (i < 0) return;
    this.lines = this.lines.with(i, line);
    this.change = { version: this.change.version + 1, before: 0, after: 0, fresh: false };
    this.listeners.forEach((l) => l());
  }

  /** Reads on at one end. */
  async more(which: 'head' | 'tail'): Promise<void> {
    const end = this[which];
    if (!end.open || end.loading) return;
    const { signal } = this.abort;
    this.put(which, { ...end, loading: true, error: undefined }, 0, 0);
    const back = this.order === 'desc' ? 'asc' : 'desc';
    try {
      const page = await this.load.page(which === 'tail' ? this.order : back, end.next, this.size, signal);
      if (signal.aborted) return;
      this.scanned += page.scanned;
      const none = this.add(which, page) === 0;
      // A page that found nothing in its time is followed by the next.
      if (none && this[which].open) void this.more(which);
    } catch (e) {
      if (signal.aborted) return;
      this.started = true;
      this.put(which, { ...this[which], loading: false, error: e as Error }, 0, 0);
    }
  }

  private add(which: 'head' | 'tail', page: Loaded): number {
    const known = this.edge(which);
    const lines = page.lines.filter((l) => !known.has(l.at));
    this.started = true;
    let [before, after] = [0, 0];
    if (which === 'tail') {
      this.lines = [...this.lines, ...lines];
      after = lines.length;
      if (this.lines.length > this.most) before = -this.drop('head');
    } else {
      this.lines = [...lines.reverse(), ...this.lines];
      before = lines.length;
      if (this.lines.length > this.most) after = -this.drop('tail');
    }
    this.put(which, { next: page.next, loading: false, error: undefined, open: page.next !== '', reached: page.reached }, before, after);
    return lines.length;
  }

  /** Lines at an end, which a page that was asked for with care may hold again. */
  private edge(which: 'head' | 'tail'): Set<string> {
    const part = which === 'tail' ? this.lines.slice(-this.size) : this.lines.slice(0, this.size);
    return new Set(part.map((l) => l.at));
  }

  /** Lets go of lines at the far end; they can be read again. */
  private drop(which: 'head' | 'tail'): number {
    const n = Math.min(dropped, this.lines.length - 1);
    this.lines = which === 'head' ? this.lines.slice(n) : this.lines.slice(0, -n);
    const edge = which === 'head' ? this.lines[0]! : this.lines.at(-1)!;
    this[which] = { ...this[which], next: edge.at, open: true };
    return n;
  }

  private put(which: 'head' | 'tail', end: End, before: number, after: number): void {
    this[which] = end;
    this.change = { version: this.change.version + 1, before, after, fresh: false };
    this.listeners.forEach((l) => l());
  }
}
