// By what an item can be split: values of its payload that a rule can compare.
import type { Json } from '../../../api/errors';

const never = /^(?:body\.(?:trace|trace_chain\.\d+)\.frames|body\.telemetry|metadata|notifier|uuid$|timestamp$|environment$|rollbar)/;
const first = ['context', 'code_version', 'server.host', 'request.url', 'request.method', 'person.id', 'level', 'platform', 'framework'];
const most = 200;
const deep = 5;

/** Paths of a payload that lead to a text, number or truth: the app's own first. */
export function pathsOf(payload: Json): string[] {
  const out: string[] = [];
  const walk = (v: Json, path: string, depth: number): void => {
    if (never.test(path) || out.length >= most) return;
    if (v === null || typeof v !== 'object') {
      if (path !== '' && v !== null) out.push(path);
      return;
    }
    if (depth === 0 || '$bytes' in v) return;
    for (const [name, inner] of Object.entries(v)) {
      // A name that itself has a dot can't be led to.
      if (!Array.isArray(v) && !/^[\w -]+$/.test(name)) continue;
      walk(inner as Json, path === '' ? name : `${path}.${name}`, depth - 1);
    }
  };
  walk(payload, '', deep);
  const rank = (p: string): number => (p.startsWith('custom.') ? 0 : first.includes(p) ? 1 + first.indexOf(p) : 100);
  return out.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

/** What a split would do, in words. */
export function splitWords(path: string, value: string, goes: number, all: number): string {
  const share = all > 0 ? Math.round((goes / all) * 100) : 0;
  return `Occurrences whose ${path} is ${value} become an item of their own from now on. Of those that are kept, ${goes} of ${all} (${share}\u2009%) have it. They stay here: counts, people and comments of the past keep what they were about.`;
}

/** Where the occurrences of the past that would go can be looked at; first is when the item began, in ns. */
export function pastOf(where: string, condition: string, first: string): string {
  const from = /^\d{10,19}$/.test(first) ? String(BigInt(first) / 1_000_000_000n) : 'now-30d';
  return `/query?${new URLSearchParams({ calc: 'COUNT', where: `${where} AND ${condition}`, from, to: 'now', tab: 'raw' }).toString()}`;
}
