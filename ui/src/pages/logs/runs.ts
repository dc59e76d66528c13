// A log line as runs of one look: terminal colours, JSON, logfmt, and what was
// searched for. Pure; what comes from outside stays text.
import { ansiRuns, hasAnsi } from '../../widgets/ansi';
import { messageFirst } from '../../query/messageFirst';

export interface Run {
  text: string;
  /** Names of CSS classes; empty for plain text. */
  look: string;
}

/** What to mark, and in which of five colours; 0 is amber. */
export interface Mark {
  text: string;
  slot: number;
  exact: boolean;
}

const jsonAt = /("(?:[^"\\]|\\.)*"?)(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b|([{}[\],:])|([^"{}[\],:\d-]+|[\s\S])/g;
const pairAt = /([A-Za-z_@][\w.@$\-/]*)(=)("(?:[^"\\]|\\.)*"?|[^\s",]*)/g;
const stampAt = /^(?:\[?\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?\]?)\s*/;

/** Cuts a text into runs. */
export function runsOf(text: string): Run[] {
  if (hasAnsi(text)) {
    return ansiRuns(text).map((r) => ({ text: r.text, look: `${r.color >= 0 ? `ansi${r.color}` : ''}${r.bold ? ' bold' : ''}`.trim() }));
  }
  const json = jsonStart(text);
  if (json >= 0) return [...plain(text.slice(0, json)), ...jsonRuns(text.slice(json))];
  return logfmtRuns(text) ?? plain(text);
}

/** Where JSON begins: at the start, or behind a few words. */
function jsonStart(text: string): number {
  const at = text.search(/[{[]/);
  if (at < 0 || at > 200) return -1;
  const rest = text.slice(at, at + 80);
  return /^\{\s*(?:"|\}|$)/.test(rest) || (at === 0 && /^\[\s*(?:[{"]|\d+\s*[,\]])/.test(rest)) ? at : -1;
}

function plain(text: string): Run[] {
  if (text === '') return [];
  const stamp = stampAt.exec(text)?.[0] ?? '';
  if (stamp === '' || stamp.length === text.length) return [{ text, look: '' }];
  return [
    { text: stamp, look: 'tk-dim' },
    { text: text.slice(stamp.length), look: '' },
  ];
}

function jsonRuns(text: string): Run[] {
  const out: Run[] = [];
  const push = (t: string, look: string): void => {
    const last = out.at(-1);
    if (last?.look === look) last.text += t;
    else out.push({ text: t, look });
  };
  for (const m of text.matchAll(jsonAt)) {
    if (m[1] !== undefined && m[2] !== undefined) {
      push(m[1], 'tk-key');
      push(m[2], 'tk-dim');
    } else if (m[1] !== undefined) push(m[1], 'tk-text');
    else if (m[3] !== undefined) push(m[3], 'tk-num');
    else if (m[4] !== undefined) push(m[4], 'tk-word');
    else if (m[5] !== undefined) push(m[5], 'tk-dim');
    else push(m[6]!, '');
  }
  return out;
}

/** logfmt, if there are at least two pairs; else undefined. */
function logfmtRuns(text: string): Run[] | undefined {
  const pairs = [...text.matchAll(pairAt)];
  if (pairs.length < 2) return undefined;
  const out: Run[] = [];
  let at = 0;
  for (const m of pairs) {
    if (m.index > at) out.push(...(at === 0 ? plain(text.slice(0, m.index)) : [{ text: text.slice(at, m.index), look: '' }]));
    const value = m[3]!;
    out.push({ text: m[1]!, look: 'tk-key' }, { text: '=', look: 'tk-dim' });
    if (value !== '') {
      const look = /^-?\d+(?:\.\d+)?[a-zµ]*$/i.test(value) ? 'tk-num' : /^(?:true|false|null)$/.test(value) ? 'tk-word' : 'tk-text';
      out.push({ text: value, look });
    }
    at = m.index + m[0].length;
  }
  if (at < text.length) out.push({ text: text.slice(at), look: '' });
  return out;
}

/** How often each mark is in a text. */
export function countMarks(text: string, marks: readonly Mark[]): number[] {
  return marks.map((m) => placesOf(text, m).length);
}

function placesOf(text: string, mark: Mark): number[] {
  const out: number[] = [];
  const [hay, needle] = mark.exact ? [text, mark.text] : [text.toLowerCase(), mark.text.toLowerCase()];
  if (needle === '' || hay.length !== text.length) return out;
  for (let at = hay.indexOf(needle); at >= 0 && out.length < 1000; at = hay.indexOf(needle, at + needle.length)) out.push(at);
  return out;
}

/** Lays marks over runs: where two meet, the first of the list wins. */
export function withMarks(runs: readonly Run[], marks: readonly Mark[]): Run[] {
  if (marks.length === 0) return runs as Run[];
  const text = runs.map((r) => r.text).join('');
  const found: { from: number; to: number; slot: number }[] = [];
  for (const m of marks) {
    for (const from of placesOf(text, m)) {
      const to = from + m.text.length;
      if (!found.some((f) => from < f.to && to > f.from)) found.push({ from, to, slot: m.slot });
    }
  }
  if (found.length === 0) return runs as Run[];
  found.sort((a, b) => a.from - b.from);
  const out: Run[] = [];
  let at = 0;
  let k = 0;
  for (const r of runs) {
    const end = at + r.text.length;
    let from = at;
    while (from < end) {
      while (k < found.length && found[k]!.to <= from) k++;
      const f = found[k];
      const inside = f !== undefined && f.from <= from;
      const to = Math.min(end, f === undefined ? end : inside ? f.to : f.from);
      out.push({ text: text.slice(from, to), look: inside ? `${r.look} mark${f.slot}`.trim() : r.look });
      from = to;
    }
    at = end;
  }
  return out;
}

/** A line in one row: an object of JSON says its message first. */
export function rowRuns(text: string, most: number): Run[] {
  const json = messageFirst(text);
  if (!json) return runsOf(oneLine(text, most));
  const message = oneLine(json.message, most);
  const rest = json.rest === '' ? [] : jsonRuns(oneLine(json.rest, Math.max(most - message.length, 80)));
  return [...(hasAnsi(message) ? runsOf(message) : plain(message)), { text: '  ', look: '' }, ...rest];
}

/** Visible text of a line in one row: line ends and tabs become signs. */
export function oneLine(text: string, most: number): string {
  const cut = text.length > most ? text.slice(0, most) : text;
  return cut.replace(/\r?\n/g, ' ⏎ ').replace(/\t/g, ' ');
}
