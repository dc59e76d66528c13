// Terminal colours in text. Only colours and weight are understood; every other
// control sequence is left out.

export interface Run {
  text: string;
  /** 0 to 7, as terminals count them; -1 for none. */
  color: number;
  bold: boolean;
}

const escape = '\u001b';

const sequence = /\u001b(?:\[([0-9;:]*)([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;

export function hasAnsi(text: string): boolean {
  return text.includes(escape);
}

/** Cuts a text into runs of one look. */
export function ansiRuns(text: string): Run[] {
  const out: Run[] = [];
  let look = { color: -1, bold: false };
  let from = 0;
  const push = (to: number): void => {
    if (to > from) out.push({ text: text.slice(from, to), ...look });
  };
  for (const m of text.matchAll(sequence)) {
    push(m.index);
    from = m.index + m[0].length;
    if (m[2] === 'm') look = apply(look, m[1] ?? '');
  }
  push(text.length);
  return out;
}

function apply(look: { color: number; bold: boolean }, codes: string): { color: number; bold: boolean } {
  const next = { ...look };
  const list = codes.split(/[;:]/).map(Number);
  for (let i = 0; i < list.length; i++) {
    const c = list[i]!;
    if (c === 0) Object.assign(next, { color: -1, bold: false });
    else if (c === 1) next.bold = true;
    else if (c === 22) next.bold = false;
    else if (c === 39) next.color = -1;
    else if (c >= 30 && c <= 37) next.color = c - 30;
    else if (c >= 90 && c <= 97) next.color = c - 90;
    else if (c === 38 || c === 48) i += list[i + 1] === 5 ? 2 : 4; // of 256 or of all: not shown
  }
  return next;
}

/** The text alone. */
export function withoutAnsi(text: string): string {
  return text.replace(sequence, '');
}
