// Rows of an answer as a file or as text for elsewhere.
import type { Cell } from './cell';

export interface Table {
  columns: string[];
  rows: Cell[][];
}

/** A cell that no spreadsheet takes for a formula. */
function csvCell(v: Cell): string {
  const text = v === null ? '' : String(v);
  const guarded = typeof v === 'string' && /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

export function csvOf(t: Table): string {
  return [t.columns.map(csvCell), ...t.rows.map((row) => row.map(csvCell))].map((line) => line.join(',')).join('\r\n') + '\r\n';
}

export function jsonOf(t: Table): string {
  return JSON.stringify(
    t.rows.map((row) => Object.fromEntries(t.columns.map((c, k) => [c, row[k] ?? null]))),
    null,
    2,
  );
}

export function markdownOf(t: Table, numbers: (column: number) => boolean): string {
  const cell = (v: Cell): string => (v === null ? '' : String(v).replaceAll('|', '\\|').replaceAll('\n', ' '));
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(t.columns.map(cell)),
    line(t.columns.map((_, k) => (numbers(k) ? '---:' : '---'))),
    ...t.rows.map((r) => line(r.map(cell))),
  ].join('\n');
}

/** Gives the browser a file to save. */
export function save(name: string, type: string, content: string | Blob): void {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const a = document.createElement('a');
  a.href = url;
  a.download = name;
  a.click();
  URL.revokeObjectURL(url);
}
