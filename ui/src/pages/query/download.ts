// A result as a file.
import type { Cell } from '../../query/cell';
import type { Result } from './result';

/** A cell that no spreadsheet takes for a formula. */
function csvCell(v: Cell): string {
  const text = v === null ? '' : String(v);
  const guarded = typeof v === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

export function toCsv(r: Result): string {
  return (
    [r.columns.map((c) => csvCell(c.name)), ...r.rows.map((row) => row.map(csvCell))].map((line) => line.join(',')).join('\r\n') + '\r\n'
  );
}

export function toJson(r: Result): string {
  return JSON.stringify(
    r.rows.map((row) => Object.fromEntries(r.columns.map((c, k) => [c.name, row[k] ?? null]))),
    null,
    2,
  );
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
