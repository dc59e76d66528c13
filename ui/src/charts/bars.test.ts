import { describe, expect, it } from 'vitest';

import { criticalByRow, drawBars, rowHeight } from './bars';
import { traceOf } from './fixture';
import { boxAt, drawFlame, heavyFlame, timeFlame } from './flame';
import { drawMinimap } from './minimap';
import { mark } from './model';
import { buildRows, wholeTrace } from './rows';
import { record, testTheme, type Call } from './record';

const text = `
web GET 0 100
${Array.from({ length: 2000 }, (_, i) => `  db q ${i * 0.05} 0.04${i === 777 ? ' !' : ''}`).join('\n')}
`;
const many = traceOf(text);

function draw(folded: boolean, scroll = 0): Call[] {
  const rows = buildRows(many, { ...wholeTrace, foldRepeats: folded });
  const ctx = record();
  drawBars(ctx, testTheme, {
    trace: many,
    rows,
    window: { from: 0, to: many.total },
    width: 500,
    height: 240,
    scroll,
    selected: 0,
    matches: undefined,
    critical: criticalByRow(many, rows),
    label: (ns) => `${ns} ns`,
  });
  return ctx.calls;
}

describe('drawBars', () => {
  it('draws only the rows in view', () => {
    expect(draw(false).filter((c) => c.name === 'roundRect')).toHaveLength(10);
    const far = draw(false, 1000 * rowHeight).filter((c) => c.name === 'roundRect');
    expect(far).toHaveLength(10);
    expect(far[0]!.args[1]).toBe(7);
  });
  it('leaves out repeats that would fall on the last, never a failed one', () => {
    const bars = draw(true).filter((c) => c.name === 'fillRect' && c.args[3] === 10);
    expect(bars.length).toBeLessThan(1100);
    expect(bars.filter((c) => c.fill === 'error')).toHaveLength(1);
  });
  it('shows which row is selected', () => {
    expect(draw(true).find((c) => c.name === 'fillRect')).toMatchObject({ fill: 'accentBg', args: [0, 0, 500, rowHeight] });
  });
});

it('bubbles the critical path up to the row that a span is folded into', () => {
  const t = traceOf(
    `
web GET 0 100
  db q 10 20
  db q 40 20
`,
    {
      critical: [
        [2, 40e6, 60e6],
        [0, 0, 10e6],
        [1, 10e6, 30e6],
        [0, 30e6, 40e6],
      ],
    },
  );
  expect([...criticalByRow(t, buildRows(t, wholeTrace))]).toEqual([
    [
      0,
      [
        [0, 10e6],
        [30e6, 40e6],
      ],
    ],
    [1, [[10e6, 30e6]]],
    [2, [[40e6, 60e6]]],
  ]);
  expect([...criticalByRow(t, buildRows(t, { ...wholeTrace, folded: new Set([0]) }))]).toEqual([[0, [[0, 60e6]]]]);
});

it('writes a length past the errors that would cover it', () => {
  const at = (times: number[]): number => {
    const trace = traceOf('web GET 0 100\n  db q 10 0.5', {
      annotations: {
        span: times.map(() => 1),
        time: times.map((t) => t * 1e6),
        name: times.map(() => 0),
        kind: times.map(() => mark.exception),
        severity: times.map(() => 0),
      },
    });
    const ctx = record();
    drawBars(ctx, testTheme, {
      trace,
      rows: buildRows(trace, wholeTrace),
      window: { from: 0, to: trace.total },
      width: 500,
      height: 240,
      scroll: 0,
      selected: 0,
      matches: undefined,
      critical: new Map(),
      label: (ns) => `${ns / 1e6} ms`,
    });
    return ctx.calls.find((c) => c.name === 'fillText' && c.args[0] === '0.5 ms')!.args[1] as number;
  };
  expect(at([])).toBeCloseTo(60.5);
  expect(at([14])).toBeCloseTo(78); // the error stands at 70
  expect(at([60])).toBeCloseTo(60.5);
});

it('draws the minimap with at most two boxes a pixel and depth, and each error', () => {
  const ctx = record();
  drawMinimap(ctx, testTheme, many, 500, 56);
  expect(ctx.calls.filter((c) => c.name === 'fillRect').length).toBeLessThan(1100);
  expect(ctx.calls.filter((c) => c.fill === 'error')).toHaveLength(1);
});

describe('the flame', () => {
  const t = traceOf(`
web GET 0 100
  a one 0 50
  b two 20 50
  a one 80 10
    db q 81 5
`);
  it('puts spans that run at once on levels of their own', () => {
    expect(Array.from(timeFlame(t).level)).toEqual([0, 1, 2, 1, 2]);
  });
  it('merges equal paths, the heaviest first, and loses no own time', () => {
    const f = heavyFlame(t);
    expect(f.count).toBe(4);
    const one = [...f.span].findIndex((s, b) => f.times[b] === 2 && t.strings[t.spans.name[s]!] === 'one');
    expect(f.start[one]).toBe(0);
    const top = [...f.level].indexOf(0);
    expect(f.length[top]).toBeCloseTo(t.total);
  });
  it('finds the box at a place', () => {
    const f = timeFlame(t);
    expect(f.span[boxAt(f, 1, 85e6, 0)]).toBe(3);
    expect(boxAt(f, 1, 70e6, 0)).toBe(-1);
    expect(boxAt(f, 9, 5e6, 0)).toBe(-1);
  });
  it('draws a deep trace without overflowing the stack', () => {
    const deep = traceOf(Array.from({ length: 3000 }, (_, i) => `${'  '.repeat(i)}s n 0 ${3000 - i}`).join('\n'));
    const f = heavyFlame(deep);
    expect(f.levels).toBe(3000);
    const ctx = record();
    drawFlame(ctx, testTheme, {
      trace: deep,
      layout: f,
      window: { from: 0, to: deep.total },
      width: 500,
      height: 200,
      scroll: 0,
      selected: -1,
      matches: undefined,
      shown: new Int32Array(deep.count),
      title: () => 'n',
    });
    expect(ctx.calls.filter((c) => c.name === 'fillRect')).toHaveLength(10);
  });
});
