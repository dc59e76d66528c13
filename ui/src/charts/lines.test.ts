import { describe, expect, it } from 'vitest';

import { drawAxes, drawLines, nearest, stack, xOf, yOf, type Frame, type LinesInput } from './lines';
import { record, testTheme } from './record';
import { scaleOf, timeMarks, valueAt, valueLabel, share, yMarks } from './scale';

const frame: Frame = { left: 0, top: 0, width: 100, height: 100, total: 1000 };
const scale = { log: false, min: 0, max: 10 };
const input = (over: Partial<LinesInput> = {}): LinesInput => ({
  frame,
  scale,
  offset: 0,
  step: 100,
  lines: [
    { id: 'a', color: 'A', values: [1, 2, null, 4, null, null, 7, 8, 9, 10] },
    { id: 'b', color: 'B', values: [5, 5, 5, 5, 5, 5, 5, 5, 5, null] },
  ],
  draw: 'lines',
  partialFrom: 99,
  highlight: undefined,
  ...over,
});

describe('lines', () => {
  it('leave a gap where there is no value, and show a point that stands alone', () => {
    const pen = record();
    drawLines(pen, testTheme, input({ lines: [input().lines[0]!] }));
    const path = pen.calls.filter((c) => c.name === 'moveTo' || c.name === 'lineTo').map((c) => [c.name, c.args[0]]);
    expect(path).toEqual([
      ['moveTo', 5],
      ['lineTo', 15],
      ['moveTo', 65],
      ['lineTo', 75],
      ['lineTo', 85],
      ['lineTo', 95],
    ]);
    expect(pen.calls.filter((c) => c.name === 'fillRect').map((c) => [...c.args, c.fill])).toEqual([[33.5, 58.5, 3, 3, 'A']]);
  });
  it('fade all but the highlighted one, which lies on top', () => {
    const pen = record();
    drawLines(pen, testTheme, input({ highlight: 'b' }));
    const strokes = pen.calls.filter((c) => c.name === 'stroke');
    expect(strokes.map((c) => [c.stroke, c.alpha])).toEqual([
      ['A', 0.25],
      ['B', 1],
    ]);
  });
  it('hatch buckets that are not whole', () => {
    const pen = record();
    drawLines(pen, testTheme, input({ partialFrom: 9 }));
    expect(pen.calls.filter((c) => c.name === 'rect').map((c) => c.args)).toContainEqual([90, 0, 10, 100]);
  });
  it('stack without nulls, and each layer is found under the pointer', () => {
    expect(stack(input().lines)[1]!.slice(0, 3)).toEqual([
      { low: 1, high: 6 },
      { low: 2, high: 7 },
      { low: 0, high: 5 },
    ]);
    expect(nearest(input({ draw: 'stacked' }), 15, 90)?.id).toBe('a');
    expect(nearest(input({ draw: 'stacked' }), 15, 50)?.id).toBe('b');
    const pen = record();
    drawLines(pen, testTheme, input({ draw: 'bars' }));
    expect(pen.calls.filter((c) => c.name === 'fillRect')).toHaveLength(7 + 9);
  });
  it('are found by what is nearest, earlier ones never', () => {
    expect(nearest(input(), 15, 78)).toEqual({ id: 'a', bucket: 1, distance: 2 });
    expect(nearest(input(), 15, 55)?.id).toBe('b');
    expect(nearest(input({ lines: [{ ...input().lines[0]!, dashed: true }] }), 15, 78)).toBeUndefined();
    expect(nearest(input(), 150, 50)).toBeUndefined();
  });
  it('keep to the frame', () => {
    expect([xOf(frame, 500), yOf(frame, scale, 5), Math.round(yOf(frame, scale, 1e9))]).toEqual([50, 50, -5]);
    const pen = record();
    drawAxes(pen, testTheme, { ...frame, left: 50, top: 10 }, scale, String, 500, true);
    expect(pen.calls.filter((c) => c.name === 'fillText').map((c) => c.args[0])).toEqual(['0', '2.5', '5', '7.5', '10']);
  });
});

describe('scales', () => {
  it('begin at zero, or at the smallest value when log', () => {
    expect(scaleOf(3, 100, false, 3)).toEqual({ log: false, min: 0, max: 106 });
    expect(scaleOf(-5, -1, false, 0)).toMatchObject({ min: -5, max: expect.closeTo(0.3) as number });
    expect(scaleOf(0, 0, false, Infinity)).toEqual({ log: false, min: 0, max: 1 });
    const s = scaleOf(0, 1000, true, 1);
    expect([s.log, share(1, s) > 0, share(1000, s) < 1]).toEqual([true, true, true]);
    expect(scaleOf(-3, 0, true, Infinity).log).toBe(false);
  });
  it('turn shares back to values', () => {
    for (const s of [{ log: true, min: 1, max: 1000 }, scale]) expect(share(valueAt(0.3, s), s)).toBeCloseTo(0.3);
  });
  it('mark round values', () => {
    expect(yMarks({ log: false, min: 0, max: 106 })).toEqual([0, 50, 100]);
    expect(yMarks({ log: false, min: 0, max: 8.5 })).toEqual([0, 2.5, 5, 7.5]);
    expect(yMarks({ log: true, min: 0.8, max: 12_000 })).toEqual([1, 10, 100, 1000, 10_000]);
    expect(yMarks({ log: true, min: 2, max: 8 })).toHaveLength(3);
  });
  it('mark whole numbers only where there are no others', () => {
    expect(yMarks({ log: false, min: 0, max: 8.5, whole: true })).toEqual([0, 2, 4, 6, 8]);
    expect(yMarks({ log: false, min: 0, max: 1.06, whole: true })).toEqual([0, 1]);
    expect(yMarks({ log: false, min: 0, max: 3.2, whole: true })).toEqual([0, 1, 2, 3]);
    expect(yMarks({ log: false, min: 0, max: 106, whole: true })).toEqual([0, 25, 50, 75, 100]);
  });
  it('mark round times', () => {
    expect(timeMarks(0, 3_600_000, 400, true).map((m) => m.label)).toEqual(['01-01', '00:15', '00:30', '00:45', '01:00']);
    expect(
      timeMarks(0, 20_000, 400, true)
        .map((m) => m.label)
        .slice(1, 3),
    ).toEqual(['00:00:05', '00:00:10']);
  });
  it('say values in their unit', () => {
    expect([valueLabel(1500, 'ms'), valueLabel(0, 'ms'), valueLabel(-2, 'count'), valueLabel(12_345, 'count'), valueLabel(2, 's')]).toEqual(
      ['1.50\u2009s', '0', '−2', '12.3\u2009k', '2.00\u2009s'],
    );
    expect([valueLabel(12, 'bytes'), valueLabel(12.34, 'bytes'), valueLabel(5000, 'bytes'), valueLabel(1_500_000, 'bytes')]).toEqual([
      '12\u2009B',
      '12.3\u2009B',
      '5.00\u2009kB',
      '1.50\u2009MB',
    ]);
  });
});
