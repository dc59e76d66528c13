// What somebody types to find spans by a field of theirs, as filter text.
import { nameText } from '../../query/copyAs';

/** Fields that the page knows of every span without asking. */
const local = /^(?:duration|self|start|http|depth|service|name|id|error)$/i;
const one = /^([A-Za-z_][\w.-]*)\s*(:|!=|>=|<=|=|>|<)\s*(\S.*)$/;
const whole = /\s(?:AND|OR|contains|does-not-contain|starts-with|exists|does-not-exist|in|not-in|matches)(?:\s|$)/i;
const literal = /^(?:-?\d+(?:\.\d+)?|true|false|"(?:[^"\\]|\\.)*")$/;

/** The condition to ask the server for; undefined for a text that is looked for in names, or in what the page knows. */
export function conditionOf(term: string): string | undefined {
  const text = term.trim();
  if (/^\/.+\/$/.test(text)) return undefined;
  const [, field, op, value] = one.exec(text) ?? [];
  if (field && op && value && !whole.test(` ${value} `)) {
    if (local.test(field)) return undefined;
    const name = nameText(field);
    if (literal.test(value)) return `${name} ${op === ':' ? '=' : op} ${value}`;
    // A word is looked for within, so that a part of a long value is enough.
    return op === ':' ? `${name} contains ${JSON.stringify(value)}` : `${name} ${op} ${JSON.stringify(value)}`;
  }
  return whole.test(text) && /^[\w.`(]/.test(text) && /["=<>]|\bexists?\b/.test(text) ? text : undefined;
}
