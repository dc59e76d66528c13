// Cuts a text in Logs Insights QL into pieces, as the server does. It never
// fails: what is half typed is a piece, too.

export type PieceKind =
  'command' | 'function' | 'keyword' | 'field' | 'string' | 'regex' | 'number' | 'sign' | 'comment' | 'parameter' | 'space';

export interface Piece {
  kind: PieceKind;
  from: number;
  to: number;
  text: string;
  /** A quote, pattern or back quote is not closed. */
  open: boolean;
}

const keywords = /^(?:and|or|not|in|like|as|by|asc|desc|into|on|with|is|present|ispresent)$/i;

export function isKeyword(word: string): boolean {
  return keywords.test(word);
}

interface Raw {
  kind: PieceKind | 'word';
  to: number;
  open: boolean;
}

const spaces = /[\s\u00a0]+/y;
const comment = /#[^\n]*/y;
const number = /(?:\d+\.?\d*|\.\d+)[A-Za-z]*/y;
const word = /(?:`[^`\n]*`?|[\w@.\u0080-\uffff])+/y;
const parameter = /\{\{[^}\n]*(?:\}\})?/y;
const sign = /!=|<=|>=|=~|[|()[\],:=<>+\-*/%^]/y;

function take(re: RegExp, text: string, at: number): number {
  re.lastIndex = at;
  return re.test(text) ? re.lastIndex : -1;
}

function quoted(text: string, at: number): { to: number; open: boolean } {
  const quote = text[at]!;
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === quote) return { to: i + 1, open: false };
  }
  return { to: text.length, open: true };
}

/** A slash begins a pattern where no operand has ended. */
function patternHere(last: Piece | undefined, parsing: boolean): boolean {
  if (!last || parsing) return true;
  if (last.kind === 'sign') return last.text !== ')' && last.text !== ']' && last.text !== '*';
  return last.kind === 'keyword' && /^like$/i.test(last.text);
}

export function pieces(text: string): Piece[] {
  const out: Piece[] = [];
  let at = 0;
  let depth = 0;
  let last: Piece | undefined; // before spaces and comments
  let parsing = false;
  while (at < text.length) {
    const raw = next(text, at, last, parsing);
    const piece: Piece = { kind: 'sign', from: at, to: raw.to, text: text.slice(at, raw.to), open: raw.open };
    const first = !last || (last.text === '|' && last.kind === 'sign');
    piece.kind = raw.kind === 'word' ? wordKind(piece, first && depth === 0, text) : raw.kind;
    if (piece.kind === 'command') parsing = /^parse$/i.test(piece.text);
    if (piece.text === '|' && piece.kind === 'sign') [parsing, depth] = [false, 0];
    if (piece.kind === 'sign') depth += piece.text === '(' ? 1 : piece.text === ')' ? -1 : 0;
    if (piece.kind !== 'space' && piece.kind !== 'comment') last = piece;
    out.push(piece);
    at = raw.to;
  }
  return out;
}

function next(text: string, at: number, last: Piece | undefined, parsing: boolean): Raw {
  const c = text[at]!;
  const whole = (kind: Raw['kind'], to: number): Raw => ({ kind, to, open: false });
  if (c === '"' || c === "'") return { kind: 'string', ...quoted(text, at) };
  let to = take(spaces, text, at);
  if (to > 0) return whole('space', to);
  if ((to = take(comment, text, at)) > 0) return whole('comment', to);
  if ((to = take(parameter, text, at)) > 0) return { kind: 'parameter', to, open: !text.slice(at, to).endsWith('}}') };
  if ((to = take(number, text, at)) > 0) return whole('number', to);
  if ((to = take(word, text, at)) > 0) {
    const quotes = (text.slice(at, to).match(/`/g) ?? []).length;
    return { kind: 'word', to, open: quotes % 2 === 1 };
  }
  if (c === '/' && patternHere(last, parsing)) return { kind: 'regex', ...quoted(text, at) };
  if ((to = take(sign, text, at)) > 0) return whole('sign', to);
  return whole('sign', at + 1);
}

function wordKind(p: Piece, first: boolean, text: string): PieceKind {
  if (p.text.includes('`')) return 'field';
  if (first) return 'command';
  const call = /^\s*\(/.test(text.slice(p.to));
  if (isKeyword(p.text) && !(call && !/^(?:in|and|or|not)$/i.test(p.text))) return 'keyword';
  return call ? 'function' : 'field';
}

/** The piece that holds a place; at a border the one before it. */
export function pieceAt(list: readonly Piece[], at: number): Piece | undefined {
  return list.find((p) => p.from < at && at <= p.to) ?? list.find((p) => p.from === at);
}
