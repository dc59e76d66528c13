import { expect, it } from 'vitest';

import { testTheme } from './record';
import { drawSketch, type Sketch } from './sketch';

function drawn(sketch: Sketch): { moves: number[][]; lines: number[][]; boxes: unknown[][] } {
  const out = { moves: [] as number[][], lines: [] as number[][], boxes: [] as unknown[][] };
  const pen = {
    strokeStyle: '' as unknown,
    fillStyle: '' as unknown,
    lineWidth: 1,
    beginPath: () => undefined,
    stroke: () => undefined,
    moveTo: (x: number, y: number) => out.moves.push([x, y]),
    lineTo: (x: number, y: number) => out.lines.push([x, y]),
    fillRect(...box: number[]) {
      out.boxes.push([this.fillStyle, ...box]);
    },
  };
  drawSketch(pen, testTheme, sketch, 104, 44);
  return out;
}

it('draws lines from the floor to the top, and leaves gaps', () => {
  const { moves, lines } = drawn({ calc: 'COUNT', lines: [[0, 100, -1, 50, -1]] });
  expect(moves).toEqual([
    [2, 42],
    [77, 22],
  ]);
  expect(lines).toEqual([
    [27, 2],
    [78.5, 22], // alone, and seen all the same
  ]);
});

it('draws the cells of a heatmap that hold something', () => {
  const { boxes } = drawn({ calc: 'HEATMAP(d)', heat: { rows: 2, cells: '0190' } });
  expect(boxes.slice(1).map((b) => b.slice(0, 3))).toEqual([
    [testTheme.heat[0], 2, 2],
    [testTheme.heat.at(-1), 52, 22],
  ]);
});
