import { describe, expect, it } from 'vitest';

import { Feed, type Load, type Loaded, type Order } from './feed';
import { lineOf, type Line } from './lines';

/** Lines of a server, oldest first; several have one time. */
function made(n: number): Line[] {
  return Array.from({ length: n }, (_, i) => {
    const ns = String(1_000_000_000_000_000_000n + BigInt(Math.floor(i / 3)));
    return lineOf(`${ns}.${String(i).padStart(6, '0')}`, ns, 'd', new Map([['body', `line ${i}`]]));
  });
}

function server(all: Line[]): { load: Load; asked: string[] } {
  const asked: string[] = [];
  const load = (order: Order, after: string, limit: number): Promise<Loaded> => {
    asked.push(`${order} ${after}`);
    const list = order === 'asc' ? all : [...all].reverse();
    const behind = after === '' ? list : list.filter((l) => (order === 'asc' ? l.at > after : l.at < after));
    const lines = behind.slice(0, limit);
    return Promise.resolve({ lines, next: behind.length > limit ? lines.at(-1)!.at : '', reached: '', scanned: lines.length });
  };
  const around = (order: Order, at: string, limit: number): Promise<Line[]> => {
    const list = order === 'asc' ? all : [...all].reverse();
    const i = list.findIndex((l) => l.at === at);
    return i < 0 ? Promise.reject(new Error('not known')) : Promise.resolve(list.slice(Math.max(i - limit / 2, 0), i + limit / 2));
  };
  const whole = (line: Line): Promise<Line> => Promise.resolve({ ...line, body: `${line.body}, whole`, cut: 0 });
  return { load: { page: load, around, whole }, asked };
}

const bodies = (f: Feed): string[] => f.lines.map((l) => l.body);
const names = (from: number, to: number): string[] =>
  Array.from({ length: Math.abs(to - from) + 1 }, (_, i) => `line ${from < to ? from + i : from - i}`);

describe('a feed of lines', () => {
  it('reads to the end, no line lost or double where times are equal', async () => {
    const feed = new Feed('desc', server(made(1000)).load, 7);
    await feed.start();
    while (feed.tail.open) await feed.more('tail');
    expect(bodies(feed)).toEqual(names(999, 0));
    expect(feed.head.open).toBe(false);
  });

  it('begins anywhere and grows both ways, and says by how much', async () => {
    const all = made(100);
    for (const order of ['asc', 'desc'] as const) {
      const feed = new Feed(order, server(all).load, 10);
      await feed.around(all[50]!.at);
      expect(feed.lines.some((l) => l.at === all[50]!.at)).toBe(true);
      await feed.more('head');
      expect(feed.change.before).toBe(10);
      while (feed.tail.open) await feed.more('tail');
      while (feed.head.open) await feed.more('head');
      expect(bodies(feed)).toEqual(order === 'asc' ? names(0, 99) : names(99, 0));
    }
  });

  it('begins at the place of a line that is gone', async () => {
    const all = made(100);
    const feed = new Feed('desc', server(all).load, 10);
    await feed.around(`${all[49]!.at}~`);
    expect(bodies(feed)).toEqual(names(59, 40));
  });

  it('lets go at the far end of what is too much, and reads it again', async () => {
    const feed = new Feed('desc', server(made(30_000)).load, 5_000, 20_000);
    await feed.start();
    for (let i = 0; i < 5; i++) await feed.more('tail');
    expect(feed.lines.length).toBe(20_000);
    expect(bodies(feed)[0]).toBe('line 19999');
    expect(feed.head.open).toBe(true);
    await feed.more('head');
    expect(bodies(feed)[0]).toBe('line 24999');
  });

  it('goes on by itself behind pages that found nothing in their time', async () => {
    const { load, asked } = server(made(20));
    let empty = 3;
    const page: Load['page'] = async (order, after, limit, signal) => {
      if (empty-- > 0) return { lines: [], next: 'z'.repeat(3 - empty), reached: '5', scanned: 1 };
      return load.page(order, '', limit, signal);
    };
    const feed = new Feed('desc', { ...load, page });
    await feed.start();
    await expect.poll(() => feed.lines.length).toBe(20);
    expect([asked.length, feed.scanned]).toEqual([1, 23]);
  });

  it('keeps what it has when a page fails, and tries again', async () => {
    const { load } = server(made(50));
    let fail = false;
    const feed = new Feed('desc', { ...load, page: (...a) => (fail ? Promise.reject(new Error('away')) : load.page(...a)) }, 10);
    await feed.start();
    fail = true;
    await feed.more('tail');
    expect([feed.lines.length, feed.tail.error?.message, feed.tail.open]).toEqual([10, 'away', true]);
    fail = false;
    await feed.more('tail');
    expect([feed.lines.length, feed.tail.error]).toEqual([20, undefined]);
  });

  it('reads lines that were cut again for who wants all of them, and keeps them', async () => {
    const all = made(3).map((l, i) => ({ ...l, cut: i === 1 ? 9000 : 0 }));
    const feed = new Feed('asc', server(all).load, 7);
    await feed.start();
    const before = feed.version();
    expect((await feed.whole(feed.lines)).map((l) => l.body)).toEqual(['line 0', 'line 1, whole', 'line 2']);
    expect(feed.lines.map((l) => l.cut)).toEqual([0, 0, 0]);
    expect(feed.version()).toBe(before + 1);
    expect(feed.change).toMatchObject({ before: 0, after: 0, fresh: false });
  });
});
