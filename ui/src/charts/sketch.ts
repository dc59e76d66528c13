// Draws the small picture of a past result. No React, no reads of the page.
import type { Theme } from './theme';

/** A result with few points and without units, as the server keeps it with each run. */
export interface Sketch {
  calc: string;
  /** From 0 to 100, -1 where there is no value. */
  lines?: number[][];
  /** A digit for each cell: column by column, from the lowest row up. */
  heat?: { rows: number; cells: string };
}

type Pen = Pick<CanvasRenderingContext2D, 'beginPath' | 'moveTo' | 'lineTo' | 'stroke' | 'fillRect'> & {
  strokeStyle: unknown;
  fillStyle: unknown;
  lineWidth: number;
};

const pad = 2;

export function drawSketch(pen: Pen, theme: Theme, sketch: Sketch, width: number, height: number): void {
  pen.fillStyle = theme.sunken;
  pen.fillRect(0, 0, width, height);
  if (sketch.heat) drawCells(pen, theme, sketch.heat, width, height);
  // The first group lies on top.
  (sketch.lines ?? [])
    .map((line, i) => [line, i] as const)
    .reverse()
    .forEach(([line, i]) => {
      // prettier-ignore
      pen.strokeStyle = theme.slots[sketch.lines!.length === 1 ? 1 : (i % 12) + 1]!;
      drawLine(pen, line, width, height);
    });
}

function drawLine(pen: Pen, line: readonly number[], width: number, height: number): void {
  const step = (width - 2 * pad) / Math.max(line.length - 1, 1);
  const y = (v: number): number => height - pad - (v / 100) * (height - 2 * pad);
  pen.lineWidth = 1.25;
  pen.beginPath();
  let down = false;
  line.forEach((v, i) => {
    if (v < 0) {
      down = false;
      return;
    }
    const x = pad + i * step;
    if (down) pen.lineTo(x, y(v));
    else pen.moveTo(x, y(v));
    // A point between two gaps is seen, too.
    if (!down && !(line[i + 1]! >= 0)) pen.lineTo(x + 1.5, y(v));
    down = true;
  });
  pen.stroke();
}

function drawCells(pen: Pen, theme: Theme, { rows, cells }: { rows: number; cells: string }, width: number, height: number): void {
  const columns = Math.max(Math.floor(cells.length / rows), 1);
  const [w, h] = [(width - 2 * pad) / columns, (height - 2 * pad) / rows];
  for (let i = 0; i < columns * rows; i++) {
    const level = cells.charCodeAt(i) - 48;
    if (level <= 0) continue;
    pen.fillStyle = theme.heat[Math.round(((level - 1) / 8) * (theme.heat.length - 1))]!;
    pen.fillRect(pad + Math.floor(i / rows) * w, height - pad - ((i % rows) + 1) * h, Math.max(w - 0.3, 1), Math.max(h - 0.3, 1));
  }
}
