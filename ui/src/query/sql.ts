// A statement in lines, so that a long one can be read. Only white space is
// changed, and none within quotes.

const breaks =
  /^(?:select|from|where|group by|order by|having|limit|offset|union(?: all)?|values|set|returning|on conflict|on duplicate key|with|left join|left outer join|right join|right outer join|full outer join|inner join|cross join|join|insert into|update|delete from)$/i;
const indents = /^(?:and|or|on)$/i;
const token = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\/|\s+|[A-Za-z_][\w$]*|[\s\S]/g;
const twoWords = /^(?:group|order|union|on|left|right|full|inner|cross|insert|delete)$/i;

/** Whether a text is worth laying out as a statement. */
export function isSQL(text: string): boolean {
  return /^\s*(?:select|insert|update|delete|with|merge)\b[\s\S]*\b(?:from|into|set|as)\b/i.test(text);
}

/** Puts each clause on a line of its own. */
export function layOut(sql: string): string {
  const words: string[] = [];
  for (const t of sql.match(token) ?? [])
    if (t.trim() !== '') words.push(t);
    else if (words.length > 0) words.push(' ');
  let out = '';
  let depth = 0;
  for (let i = 0; i < words.length; i++) {
    let w = words[i]!;
    if (w === '(') depth++;
    if (w === ')') depth = Math.max(depth - 1, 0);
    // Clauses of two or three words stand together.
    for (let more = 0; more < 2 && twoWords.test(w.split(' ')[0]!); more++) {
      const next = words[i + 2];
      if (words[i + 1] !== ' ' || !next || !/^[a-z]+$/i.test(next) || !longer(`${w} ${next}`)) break;
      w = `${w} ${next}`;
      i += 2;
    }
    if (depth === 0 && out !== '' && breaks.test(w)) out = `${out.trimEnd()}\n${w}`;
    else if (depth === 0 && indents.test(w)) out = `${out.trimEnd()}\n  ${w}`;
    else if (w.startsWith('--')) out += `${w}\n`;
    else out += w;
  }
  return out.trim();
}

function longer(words: string): boolean {
  return breaks.test(words) || /^(?:left outer|right outer|full outer|on duplicate)$/i.test(words);
}
