// Finding spans in a trace by what somebody types.
import { flag, type TraceModel } from './model';

const unitNs: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9 };

type Test = (i: number) => boolean;

/** Marks the spans that meet text, field:value, duration>100ms or /pattern/; undefined for an empty term. */
export function find(t: TraceModel, term: string): Uint8Array | undefined {
  const text = term.trim();
  if (text === '') return undefined;
  const test = comparison(t, text) ?? named(t, text);
  const out = new Uint8Array(t.count);
  for (let i = 0; i < out.length; i++) out[i] = test(i) ? 1 : 0;
  return out;
}

function comparison(t: TraceModel, term: string): Test | undefined {
  const m = /^(duration|self|start|http|depth)\s*(>=|<=|>|<|=|:)\s*(\d+(?:\.\d+)?)\s*([a-zµ]*)$/i.exec(term);
  if (!m) return undefined;
  const s = t.spans;
  const field = m[1]!.toLowerCase();
  const plain = field === 'http' || field === 'depth';
  const unit = m[4]!.toLowerCase() || 'ms';
  if (!plain && !Object.hasOwn(unitNs, unit)) return () => false;
  const values =
    field === 'http' ? s.http : field === 'depth' ? s.depth : field === 'self' ? s.self : field === 'start' ? s.start : s.duration;
  const want = Number(m[3]) * (plain ? 1 : unitNs[unit]!);
  switch (m[2]) {
    case '>':
      return (i) => values[i]! > want;
    case '<':
      return (i) => values[i]! < want;
    case '>=':
      return (i) => values[i]! >= want;
    case '<=':
      return (i) => values[i]! <= want;
  }
  return (i) => values[i]! === want;
}

function named(t: TraceModel, term: string): Test {
  const s = t.spans;
  const m = /^(service|name|id|error)\s*[:=]\s*(.+)$/i.exec(term);
  const text = (m ? m[2]! : term).toLowerCase();
  let hit = (x: string): boolean => x.toLowerCase().includes(text);
  const pattern = /^\/(.+)\/$/.exec(term);
  if (pattern) {
    try {
      const re = new RegExp(pattern[1]!, 'i');
      hit = (x) => re.test(x);
    } catch {
      return () => false; // not a whole pattern yet
    }
  }
  // Each distinct string is looked at once, not each span.
  const hits = t.strings.map((x) => hit(x));
  switch (m?.[1]?.toLowerCase()) {
    case 'service':
      return (i) => hits[s.service[i]!]!;
    case 'name':
      return (i) => hits[s.name[i]!]!;
    case 'id':
      return (i) => s.id[i]!.startsWith(text);
    case 'error':
      return (i) => ((s.flags[i]! & flag.error) !== 0) === (text !== 'false');
  }
  return (i) => hits[s.name[i]!]! || hits[s.service[i]!]! || s.id[i] === text;
}
