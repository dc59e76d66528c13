import { describe, expect, it } from 'vitest';

import { clamp, decodeWindow, encodeWindow, pan, ticks, zoom } from './viewport';

const total = 1000;

describe('the window', () => {
  it('stays inside the trace', () => {
    expect(clamp({ from: -50, to: 250 }, total)).toEqual({ from: 0, to: 300 });
    expect(clamp({ from: 900, to: 1200 }, total)).toEqual({ from: 700, to: 1000 });
    expect(clamp({ from: -9, to: 9000 }, total)).toEqual({ from: 0, to: 1000 });
    expect(clamp({ from: 0, to: 1 }, 40)).toEqual({ from: 0, to: 40 });
  });
  it('zooms around a moment that keeps its place', () => {
    const w = zoom({ from: 0, to: 1000 }, total, 0.5, 250);
    expect(w).toEqual({ from: 125, to: 625 });
    expect((250 - w.from) / (w.to - w.from)).toBe(0.25);
  });
  it('never gets shorter than can be seen, nor longer than the trace', () => {
    expect(zoom({ from: 0, to: 1000 }, total, 1e-9, 500)).toEqual({ from: 450, to: 550 });
    expect(zoom({ from: 400, to: 600 }, total, 100, 500)).toEqual({ from: 0, to: 1000 });
  });
  it('pans by a share of itself', () => {
    expect(pan({ from: 100, to: 300 }, total, 0.5)).toEqual({ from: 200, to: 400 });
    expect(pan({ from: 100, to: 300 }, total, -5)).toEqual({ from: 0, to: 200 });
  });
  it('is written to the address and read back', () => {
    const w = { from: 123, to: 456 };
    expect(decodeWindow(encodeWindow(w, total)!, total)).toEqual(w);
    expect(encodeWindow({ from: 0, to: 1000 }, total)).toBeUndefined();
    for (const bad of [null, '', '5', '9-3', 'a-b', '1e3-2e3', '-1-5']) expect(decodeWindow(bad, total)).toBeUndefined();
  });
});

describe('ticks', () => {
  it.each([
    [{ from: 0, to: 100 }, 5, [0, 20, 40, 60, 80, 100]],
    [{ from: 37, to: 61 }, 4, [40, 50, 60]],
    [{ from: 0, to: 0 }, 5, [0]],
    [{ from: 0, to: 1 }, 5, [0, 1]],
    [{ from: 0, to: 100e9 }, 3, [0, 60e9]],
    [{ from: 0, to: 30 * 86_400e9 }, 4, [0, 10, 20, 30].map((d) => d * 86_400e9)],
  ])('marks round numbers in %j', (w, most, marks) => expect(ticks(w, most)).toEqual(marks));
  it('never makes more than twice what was asked for', () => {
    for (let k = 0; k < 60; k++) expect(ticks({ from: 0, to: 1.37 ** k }, 8).length).toBeLessThanOrEqual(17);
  });
});
