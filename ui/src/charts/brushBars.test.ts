import { describe, expect, it } from 'vitest';

import { drawBrushBars, logMarks, nudge } from './brushBars';
import { record, testTheme } from './record';

const input = { sets: [[1, 2, 3, 4]], relative: false, pick: undefined, marks: [], markers: [], width: 248, height: 100 };

describe('columns with a picked part', () => {
  it('are blue, and amber where they are picked', () => {
    const pen = record();
    drawBrushBars(pen, testTheme, { ...input, pick: [0.5, 1] });
    const bars = pen.calls.filter((c) => c.name === 'fillRect' && ['accent', 'pick'].includes(c.fill));
    expect(bars.map((c) => c.fill)).toEqual(['accent', 'accent', 'pick', 'pick']);
  });
  it('draw a second set as amber steps', () => {
    const pen = record();
    drawBrushBars(pen, testTheme, {
      ...input,
      sets: [
        [1, 1],
        [0, 5],
      ],
      relative: true,
    });
    expect(pen.calls.some((c) => c.name === 'stroke' && c.stroke === 'pick')).toBe(true);
  });
  it('have deploys where their time is', () => {
    const pen = record();
    drawBrushBars(pen, testTheme, { ...input, markers: [{ id: 'a', from: 0.5, to: 0.5, label: 'deploy', color: '#123456' }] });
    expect(pen.calls.filter((c) => c.name === 'fillRect' && c.fill === '#123456').map((c) => c.args)).toEqual([[144, 6, 1, 74]]);
  });
  it('have round marks on a logarithmic axis', () => {
    expect(logMarks(1, 1000).map((m) => m.value)).toEqual([1, 10, 100, 1000]);
    expect(logMarks(1, 1000)[1]!.at).toBeCloseTo(1 / 3);
    expect(logMarks(3, 30).map((m) => m.value)).toEqual([5, 10, 20]);
    expect(logMarks(0, 0)).toEqual([]);
  });
  it('are picked and moved by keys, within the whole', () => {
    expect(nudge(undefined, 'ArrowRight', false, 0.1)).toEqual([0, 0.1]);
    expect(nudge([0.85, 0.95], 'ArrowRight', false, 0.1)).toEqual([0.9, 1]);
    expect(nudge([0.5, 0.6], 'ArrowRight', true, 0.25)).toEqual([0.5, 0.85]);
    expect(nudge([0.5, 0.75], 'ArrowLeft', true, 0.25)).toEqual([0.5, 0.75]);
  });
});
