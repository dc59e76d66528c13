import { describe, expect, it } from 'vitest';

import { Heights } from './heights';

/** The same, slow and obvious. */
function tops(list: number[]): number[] {
  const out = [0];
  for (const h of list) out.push(out.at(-1)! + h);
  return out;
}

describe('heights of rows', () => {
  it('agree with a plain sum whatever is measured, added and taken away', () => {
    const heights = new Heights(50, 24);
    const list = new Array<number>(50).fill(24);
    let seed = 7;
    const random = (n: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
    for (let turn = 0; turn < 300; turn++) {
      const kind = random(4);
      if (kind < 2 && list.length > 0) {
        const [i, h] = [random(list.length), 20 + random(200)];
        heights.set(i, h);
        list[i] = h;
      } else if (kind === 2) {
        const [before, after] = [random(9), random(9)];
        heights.change({ before, after });
        list.unshift(...new Array<number>(before).fill(24));
        list.push(...new Array<number>(after).fill(24));
      } else {
        const [before, after] = [Math.min(random(6), list.length), 0];
        heights.change({ before: -before, after: -Math.min(after, list.length - before) });
        list.splice(0, before);
      }
      const want = tops(list);
      expect(heights.count).toBe(list.length);
      expect(heights.total).toBeCloseTo(want.at(-1)!);
      for (let k = 0; k < 5 && list.length > 0; k++) {
        const i = random(list.length);
        expect(heights.top(i)).toBeCloseTo(want[i]!);
        expect(heights.at(want[i]!)).toBe(i);
        expect(heights.at(want[i]! + list[i]! - 0.5)).toBe(i);
      }
    }
  });

  it('gives the last row below the end, and the first above the start', () => {
    const h = new Heights(3, 10);
    expect([h.at(-5), h.at(0), h.at(29), h.at(30), h.at(1000)]).toEqual([0, 0, 2, 2, 2]);
    expect(new Heights(0, 10).at(5)).toBe(0);
  });

  it('lets rows go at the end', () => {
    const h = new Heights(5, 10);
    h.set(1, 30);
    h.change({ after: -2 });
    expect([h.count, h.total, h.top(2)]).toEqual([3, 50, 40]);
  });
});
