import { describe, expect, it } from 'vitest';

import { lineOf, type Line } from './lines';
import { highlights, isMark, TailBuffer } from './tail';

const lines = (from: number, n: number, text = 'line'): Line[] =>
  Array.from({ length: n }, (_, i) => lineOf(`${from + i}.1.0.0`, String(from + i), 'd', new Map([['body', `${text} ${from + i}`]])));
const shown = (b: TailBuffer): string[] => b.items.map((i) => (isMark(i) ? `— ${i.mark}` : i.body));

describe('the buffer of a tail', () => {
  it('keeps the last lines and says how many went', () => {
    const b = new TailBuffer(5);
    b.push(lines(0, 4), 0, 1, false);
    expect([b.change.before, b.change.after]).toEqual([-0, 4]);
    b.push(lines(4, 3), 0, 1, false);
    expect([b.change.before, b.change.after]).toEqual([-2, 3]);
    expect(shown(b)).toEqual(['line 2', 'line 3', 'line 4', 'line 5', 'line 6']);
    b.push(lines(7, 9), 0, 1, false);
    expect(b.items.length).toBe(5);
    expect(b.items.length).toBe(5 + b.change.before + b.change.after);
  });

  it('moves nothing while it is held, and shows all of it after', () => {
    const b = new TailBuffer(5);
    b.push(lines(0, 2), 0, 1, false);
    b.push(lines(2, 2), 0, 1, true);
    expect([shown(b).length, b.waiting.length]).toEqual([2, 2]);
    b.push(lines(4, 9), 0, 1, true);
    expect([shown(b).length, b.waiting.length, b.passed]).toEqual([2, 5, 6]);
    b.release();
    expect([shown(b).at(-1), b.waiting.length, b.passed]).toEqual(['line 12', 0, 0]);
  });

  it('says how many of how many it shows', () => {
    const b = new TailBuffer();
    b.push(lines(0, 500), 2_620, 1, false);
    expect([b.rate, b.seen]).toEqual([{ shown: 500, all: 3_120 }, 3_120]);
  });

  it('counts terms in what is there and what comes, each in its colour', () => {
    const b = new TailBuffer();
    b.push(lines(0, 3, 'Timeout timeout'), 0, 1, false);
    b.highlight(highlights(['timeout', '', 'x']));
    expect(b.counts).toEqual([6, 0]);
    b.push(lines(3, 1, 'timeout x'), 0, 1, true);
    expect(b.counts).toEqual([7, 1]);
    expect(highlights(['a', '', 'c']).map((m) => [m.text, m.slot])).toEqual([
      ['a', 1],
      ['c', 3],
    ]);
  });

  it('begins anew under a mark', () => {
    const b = new TailBuffer();
    b.push(lines(0, 3), 0, 1, false);
    b.clear('cleared');
    b.push(lines(3, 1), 0, 1, false);
    expect(shown(b)).toEqual(['— cleared', 'line 3']);
  });
});
