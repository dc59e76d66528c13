// Cuts the text of a question into tokens, as the server does.

export type TokenKind = 'word' | 'name' | 'string' | 'number' | 'sign' | 'end';

export interface Token {
  kind: TokenKind;
  at: number;
  /** What it takes up in the text. */
  text: string;
  /** Of names and strings. */
  value: string;
  /** What stands right behind a number: ms, s, kb. */
  unit: string;
}

/** What is wrong with a text, and at which character. */
export class TextError extends Error {
  constructor(
    readonly at: number,
    message: string,
  ) {
    super(message);
  }
}

const keyword =
  /^(and|or|not|in|not-in|exists|does-not-exist|contains|does-not-contain|starts-with|does-not-start-with|ends-with|does-not-end-with|matches|does-not-match|search|true|false|null|visualize|where|group|by|order|limit|having|last|from|to|for|granularity|compare|unweighted|if|as|asc|desc)$/i;

export function isKeyword(word: string): boolean {
  return keyword.test(word);
}

const wordAt = /[A-Za-z_@$\u0080-\uffff][\w@$.\-/:\u0080-\uffff]*/y;
const numberAt = /([-+]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][-+]?\d+)?)([a-zA-Zµ]*)/y;
const signAt = /!=|<=|>=|<>|==|[=<>(),]/y;
const stringAt = /"(?:[^"\\\n]|\\.)*"/y;
const nameAt = /`(?:[^`\\]|\\[\s\S])*`/y;
const bareName = /^[A-Za-z_@$\u0080-\uffff][\w@$.\-/:\u0080-\uffff]*$/;

function match(re: RegExp, text: string, at: number): RegExpExecArray | null {
  re.lastIndex = at;
  return re.exec(text);
}

export function lex(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    while (/\s/.test(text[at] ?? '')) at++;
    if (at >= text.length) return [...tokens, { kind: 'end', at: text.length, text: '', value: '', unit: '' }];
    const t = lexOne(text, at);
    tokens.push(t);
    at += t.text.length;
  }
}

function lexOne(text: string, at: number): Token {
  const token = (kind: TokenKind, whole: string, value = '', unit = ''): Token => ({ kind, at, text: whole, value, unit });
  const c = text[at]!;
  if (c === '"') {
    const m = match(stringAt, text, at);
    if (!m) throw new TextError(at, 'the text that begins here is not closed with a quote');
    return token('string', m[0], unquote(m[0], at));
  }
  if (c === '`') {
    const m = match(nameAt, text, at);
    if (!m) throw new TextError(at, 'the name that begins here is not closed with a back quote');
    const name = m[0].slice(1, -1).replace(/\\([\\`])/g, '$1');
    if (name === '') throw new TextError(at, 'the name is empty');
    return token('name', m[0], name);
  }
  const word = match(wordAt, text, at);
  if (word) return token('word', word[0]);
  const number = match(numberAt, text, at);
  if (number) return token('number', number[0], number[1]!.replace(/^\+/, ''), number[2]);
  const sign = match(signAt, text, at);
  if (sign) return token('sign', sign[0]);
  throw new TextError(at, `unexpected character “${c}”`);
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

/** Reads a quoted text with the escapes of Go and JSON. */
function unquote(quoted: string, at: number): string {
  return quoted.slice(1, -1).replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)/g, (_, e: string) => {
    if (e.length > 1) return String.fromCodePoint(parseInt(e.slice(1), 16));
    const c = escapes[e];
    if (c === undefined) throw new TextError(at, 'the text that begins here has an escape that is not known; write a backslash as two');
    return c;
  });
}

/** Spells a text in quotes so that both the server and lex read it back. */
export function quote(s: string): string {
  return JSON.stringify(s).replace(/\u007f/g, '\\u007f');
}

/** Spells a field's name: bare where it reads back as one word, else in back quotes. */
export function ident(name: string): string {
  if (bareName.test(name) && !isKeyword(name) && !name.endsWith('-')) return name;
  return '`' + name.replaceAll('\\', '\\\\').replaceAll('`', '\\`') + '`';
}
