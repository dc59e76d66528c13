// A line that is one JSON object, for a row of a list: what it says comes
// first, and what has a column of its own is left out. Members keep their text
// to the character, since numbers of JSON may be longer than JavaScript's.
const says = new Set(['msg', 'message', '@message']);
const hasColumn = new Set(['time', 'timestamp', '@timestamp', 'ts', 'level', 'severity', 'lvl']);
/** Long, and of use only to who follows them: they come last. */
const isID = /^(?:[\w.]*[._])?(?:trace|span|request|correlation)_?id$/i;
/** Longer lines are not looked into for a row of which little is seen. */
const mostRead = 20_000;

const tokenAt = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^"{}[\],:\s]+/g;

/** What the object says, and the others of its members as JSON; undefined for any other text. */
export function messageFirst(text: string): { message: string; rest: string } | undefined {
  if (text.length > mostRead || !/^\s*\{\s*"/.test(text)) return undefined;
  const members = membersOf(text, true);
  const said = members?.find((m) => says.has(m.name) && m.value.startsWith('"'));
  if (!members || !said) return undefined;
  const others = members.filter((m) => m !== said && !hasColumn.has(m.name));
  const rest = [...others.filter((m) => !isID.test(m.name)), ...others.filter((m) => isID.test(m.name))].map((m) => m.text);
  try {
    return { message: JSON.parse(said.value) as string, rest: rest.length === 0 ? '' : `{${rest.join(',')}}` };
  } catch {
    return undefined;
  }
}

/** What a line says: the message of an object of JSON, also of one that was cut behind it, or the text itself. */
export function messageOf(text: string): string {
  if (text.length > mostRead || !/^\s*\{\s*"/.test(text)) return text;
  const said = membersOf(text, false)?.find((m) => says.has(m.name) && /^"(?:[^"\\]|\\.)*"$/.test(m.value));
  try {
    return said ? (JSON.parse(said.value) as string) : text;
  } catch {
    return text;
  }
}

interface Member {
  name: string;
  value: string;
  /** Both, as they stand in the object. */
  text: string;
}

/** The members of the object that a text is, or begins to be; undefined if it is not one object. */
function membersOf(text: string, whole: boolean): Member[] | undefined {
  const out: Member[] = [];
  let depth = 0;
  let start = 0;
  let colon = 0;
  let end = -1;
  for (const { 0: token, index } of text.matchAll(tokenAt)) {
    if (end >= 0) return undefined; // text goes on behind the object
    if (token === '{' || token === '[') {
      depth++;
      if (depth === 1) start = index + 1;
    } else if (token === ':' && depth === 1 && colon === 0) colon = index;
    else if (((token === ',' || token === '}') && depth === 1) || token === '}' || token === ']') {
      if (depth === 1) {
        if (colon === 0) return undefined;
        const name = text.slice(start, colon).trim();
        out.push({ name: name.slice(1, -1), value: text.slice(colon + 1, index).trim(), text: text.slice(start, index).trim() });
        start = index + 1;
        colon = 0;
      }
      if (token !== ',') depth--;
      if (depth === 0) end = index;
    }
  }
  return end >= 0 || !whole ? out : undefined;
}
