// Which frames of a traceback are open, and runs of library frames that fold to a line.
import type { Frame } from '../../../api/errors';

export type Row = { kind: 'frame'; at: number } | { kind: 'fold'; from: number; to: number; of: string };

/** Rows of a traceback: own frames stand alone, two or more library frames in a row fold. */
export function rowsOf(frames: readonly Frame[], unfolded: ReadonlySet<number>): Row[] {
  const anyOwn = frames.some((f) => f.own);
  const rows: Row[] = [];
  for (let i = 0; i < frames.length;) {
    let end = i;
    // Where it went wrong is always shown.
    while (anyOwn && end < frames.length && !frames[end]!.own && end > 0) end++;
    if (end - i >= 2 && !unfolded.has(i)) {
      rows.push({ kind: 'fold', from: i, to: end, of: librariesOf(frames.slice(i, end)) });
      i = end;
      continue;
    }
    for (const stop = Math.max(end, i + 1); i < stop; i++) rows.push({ kind: 'frame', at: i });
  }
  return rows;
}

/** "rails", "flask, werkzeug", or "libraries" where paths don't say. */
export function librariesOf(frames: readonly Frame[]): string {
  const names = [...new Set(frames.map((f) => f.library).filter(Boolean))];
  if (names.length === 0) return 'libraries';
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}

/** The frame that is open at first: the newest own one, else the newest. */
export function openAtFirst(frames: readonly Frame[]): number {
  return Math.max(
    frames.findIndex((f) => f.own),
    0,
  );
}

/** A place in the words of the language: file:line:column. */
export function placeOf(f: { file: string; line: number; column: number }): string {
  return `${f.file || '(unknown)'}${f.line > 0 ? `:${f.line}` : ''}${f.line > 0 && f.column > 0 ? `:${f.column}` : ''}`;
}

/** A frame as shown: where a source map leads, unless somebody wants what was sent. */
export function shownOf(
  f: Frame,
  original: boolean,
): { file: string; line: number; column: number; method: string; code: string; pre: string[]; post: string[] } {
  if (!original || !f.original) return f;
  return { ...f.original, method: f.original.method || f.method };
}

/** Numbered lines around the one at fault; none where no code came. */
export function codeLines(f: { line: number; code: string; pre: string[]; post: string[] }): { n: number; text: string; here: boolean }[] {
  if (f.code === '' && f.pre.length === 0 && f.post.length === 0) return [];
  const number = (i: number): number => (f.line > 0 ? Math.max(f.line + i, 0) : 0);
  return [
    ...f.pre.map((text, i) => ({ n: number(i - f.pre.length), text, here: false })),
    { n: number(0), text: f.code, here: true },
    ...f.post.map((text, i) => ({ n: number(i + 1), text, here: false })),
  ];
}
