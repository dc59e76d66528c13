// A trace as X-Ray has it: segments, and what their documents say of a span. Pure.

export interface Segment {
  id: string;
  parent_id?: string;
  name: string;
  type: string;
  slot: number;
  subsegment: boolean;
  inferred: boolean;
  in_progress: boolean;
  start: number;
  duration: number;
  class: 'ok' | 'error' | 'throttle' | 'fault';
  user?: string;
  annotations?: Record<string, string | number | boolean>;
  /** As it was sent: text, as X-Ray takes what is no JSON. */
  document?: string;
}

export interface Segments {
  trace_id: string;
  xray_id: string;
  base: string;
  segments: Segment[];
  calls: { from: number; to: number; duration: number; class: Segment['class'] }[];
  left_out: number;
  documents_left_out: number;
  partial: boolean;
}

export type Json = Record<string, unknown>;

/** Reads a document; numbers that JSON has not become text. */
export function readDocument(text: string): Json | undefined {
  const quoted = (): string => text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (m) => (m.startsWith('"') ? m : `"${m}"`));
  for (const form of [() => text, quoted]) {
    try {
      const v: unknown = JSON.parse(form());
      return isObject(v) ? v : undefined;
    } catch {
      // The second form may be better.
    }
  }
  return undefined;
}

export const isObject = (v: unknown): v is Json => typeof v === 'object' && v !== null && !Array.isArray(v);

const text = (v: unknown): string => (typeof v === 'string' ? v : '');

/** The part of a document, at any depth, that has an id. */
function partOf(document: Json, id: string): Json | undefined {
  const todo: Json[] = [document];
  while (todo.length > 0) {
    const part = todo.pop()!;
    if (text(part.id).toLowerCase() === id) return part;
    if (Array.isArray(part.subsegments)) todo.push(...part.subsegments.filter(isObject));
  }
  return undefined;
}

/** The document that a span was in, and the part of it that the span is. */
export function documentOf(segments: readonly Segment[], id: string): { whole: Json; part: Json; text: string } | undefined {
  for (const s of segments) {
    if (!s.document || !s.document.toLowerCase().includes(id)) continue;
    const whole = readDocument(s.document);
    const part = whole && partOf(whole, id);
    if (part) return { whole, part, text: s.document };
  }
  return undefined;
}

/** What was thrown in a part: the chain of exceptions, each with its cause behind it. */
export interface Thrown {
  type: string;
  message: string;
  stack: string[];
  remote: boolean;
  skipped: number;
}

export function exceptionsOf(part: Json): { directory: string; chain: Thrown[]; elsewhere: string } {
  const cause = part.cause;
  if (typeof cause === 'string') return { directory: '', chain: [], elsewhere: cause };
  if (!isObject(cause)) return { directory: '', chain: [], elsewhere: '' };
  const list = (Array.isArray(cause.exceptions) ? cause.exceptions : []).filter(isObject);
  return {
    directory: text(cause.working_directory),
    elsewhere: '',
    chain: list.map((e) => ({
      type: text(e.type) || 'exception',
      message: text(e.message),
      remote: e.remote === true,
      skipped: typeof e.skipped === 'number' ? e.skipped : 0,
      stack: (Array.isArray(e.stack) ? e.stack : [])
        .filter(isObject)
        .map((f) => `${text(f.label) || '(unknown)'}  ${text(f.path)}${f.line === undefined ? '' : ':' + String(f.line)}`),
    })),
  };
}

/** A flat list of what an object says, with the names of what it lies in before. */
export function flat(v: unknown, prefix = ''): [string, string | number | boolean][] {
  if (!isObject(v)) return [];
  return Object.entries(v).flatMap(([key, value]): [string, string | number | boolean][] => {
    const name = prefix ? `${prefix}.${key}` : key;
    if (isObject(value)) return flat(value, name);
    if (Array.isArray(value)) return [[name, value.map((x) => (isObject(x) ? JSON.stringify(x) : String(x))).join(', ')]];
    return value === null ? [] : [[name, value as string | number | boolean]];
  });
}

export interface TraceNode {
  key: string;
  name: string;
  type: string;
  slot: number;
  inferred: boolean;
  segments: number;
  longest: Segment;
  bad: Record<Segment['class'], number>;
}

/** The node that a segment is of. */
export const keyOf = (s: Segment): string => `${s.name}\0${s.type}`;

/** The segments by name and type, with the calls between them: the map of one trace. */
export function mapOf(s: Segments): {
  nodes: TraceNode[];
  edges: { from: number; to: number; count: number; faults: number; total: number }[];
} {
  const at = new Map<string, number>();
  const nodes: TraceNode[] = [];
  const place = s.segments.map((seg) => {
    const key = keyOf(seg);
    let i = at.get(key);
    if (i === undefined) {
      at.set(key, (i = nodes.length));
      nodes.push({
        key,
        name: seg.name,
        type: seg.type,
        slot: seg.slot,
        inferred: seg.inferred,
        segments: 0,
        longest: seg,
        bad: { ok: 0, error: 0, throttle: 0, fault: 0 },
      });
    }
    const n = nodes[i]!;
    n.segments++;
    n.bad[seg.class]++;
    n.inferred &&= seg.inferred;
    if (seg.duration > n.longest.duration) n.longest = seg;
    return i;
  });
  const edges = new Map<string, { from: number; to: number; count: number; faults: number; total: number }>();
  for (const c of s.calls) {
    const [from, to] = [place[c.from]!, place[c.to]!];
    const key = `${from} ${to}`;
    const e = edges.get(key) ?? { from, to, count: 0, faults: 0, total: 0 };
    e.count++;
    e.total += c.duration;
    if (c.class === 'fault') e.faults++;
    edges.set(key, e);
  }
  return { nodes, edges: [...edges.values()] };
}
