// What can be typed next in the expression bar: keywords of X-Ray, fields, services. Pure.

export interface Keyword {
  name: string;
  kind: 'boolean' | 'number' | 'string' | 'any';
  about: string;
}

export interface Vocabulary {
  keywords: readonly Keyword[];
  /** Whole forms; … is where the caret goes. */
  forms: readonly { insert: string; about: string }[];
  services: readonly string[];
  fields: readonly string[];
}

export interface Suggestion {
  label: string;
  about: string;
  text: string;
  caret: number;
}

const most = 8;

/** What fits at the caret, and the whole text when it is taken. */
export function suggest(text: string, caret: number, v: Vocabulary): Suggestion[] {
  const before = text.slice(0, caret);
  const quotes = (before.match(/(?<!\\)"/g) ?? []).length;
  const make = (from: number, insert: string, label: string, about: string): Suggestion => {
    const at = insert.indexOf('…');
    const plain = insert.replace('…', '');
    return { label, about, text: text.slice(0, from) + plain + text.slice(caret), caret: from + (at < 0 ? plain.length : at) };
  };
  if (quotes % 2 === 1) {
    // Inside a text: names of services, where one is asked for.
    const from = before.lastIndexOf('"') + 1;
    if (!/(?:service|edge)\([^()]*$|service\.name\s*=\s*$/.test(before.slice(0, from - 1))) return [];
    const typed = before.slice(from).toLowerCase();
    return v.services
      .filter((s) => s.toLowerCase().includes(typed))
      .slice(0, most)
      .map((s) => make(from, s, s, 'service'));
  }
  const typed = /[\w.\-[\]]*$/.exec(before)![0];
  const from = caret - typed.length;
  const done = before.slice(0, from).trimEnd();
  if (done !== '' && !/(?:\band|\bor|!|\(|\{|\bnot)$/i.test(done)) {
    const value = /(\S+)\s*=$/.exec(done)?.[1];
    if (value && v.keywords.find((k) => k.name === value)?.kind === 'boolean')
      return ['true', 'false'].filter((b) => b.startsWith(typed)).map((b) => make(from, b, b, ''));
    if (/["\])}]$|\b(?:true|false)$|\d$/.test(done))
      return ['AND ', 'OR '].filter((w) => w.toLowerCase().startsWith(typed.toLowerCase())).map((w) => make(from, w, w.trim(), ''));
    return [];
  }
  const word = typed.toLowerCase();
  const fits = (name: string): boolean => name.toLowerCase().includes(word);
  const first = (a: { label: string }, b: { label: string }): number =>
    Number(b.label.toLowerCase().startsWith(word)) - Number(a.label.toLowerCase().startsWith(word));
  const forms = v.forms.filter((f) => fits(f.insert.split('(')[0]!)).map((f) => make(from, f.insert, f.insert.replace('…', ''), f.about));
  const keywords = v.keywords
    .filter((k) => fits(k.name))
    .map((k) => make(from, `${k.name} ${k.kind === 'number' ? '>' : '='} ${k.kind === 'string' ? '"…"' : '…'}`, k.name, k.about));
  const fields = typed.length < 2 ? [] : v.fields.filter(fits).map((n) => make(from, `${n} = …`, n, 'field'));
  return [...keywords, ...forms, ...fields].sort(first).slice(0, most);
}
