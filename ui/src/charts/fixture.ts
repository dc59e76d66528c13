// Traces for tests, written as indented lines: "service name start length [!]".
import type { Skeleton } from '../api/types';
import { buildModel, type TraceModel } from './model';

/** Builds a trace from lines; two spaces of indent are one level, times are in ms, ! marks an error. */
export function traceOf(text: string, extra: Partial<Skeleton> = {}): TraceModel {
  const lines = text.split('\n').filter((l) => l.trim() !== '');
  const strings: string[] = [];
  const intern = (s: string): number => (strings.includes(s) ? strings.indexOf(s) : strings.push(s) - 1);
  const spans: Skeleton['spans'] = {
    id: [],
    parent: [],
    depth: [],
    start: [],
    duration: [],
    self: [],
    service: [],
    name: [],
    kind: [],
    status: [],
    http: [],
    flags: [],
    descendants: [],
  };
  const path: number[] = [];
  const services = new Set<string>();
  lines.forEach((line, i) => {
    const depth = (/^ */.exec(line)![0].length - /^ */.exec(lines[0]!)![0].length) / 2;
    const [service, name, start, length, mark] = line.trim().split(/\s+/);
    path.length = depth;
    spans.id.push(`s${i}`);
    spans.parent.push(path.at(-1) ?? -1);
    spans.depth.push(depth);
    spans.start.push(Number(start) * 1e6);
    spans.duration.push(Number(length) * 1e6);
    spans.self.push(Number(length) * 1e6);
    spans.service.push(intern(service!));
    spans.name.push(intern(name!));
    spans.kind.push(1);
    spans.status.push(0);
    spans.http.push(0);
    spans.flags.push(mark === '!' ? 1 : 0);
    spans.descendants.push(0);
    for (const p of path) spans.descendants[p]!++;
    services.add(service!);
    path.push(i);
  });
  const end = spans.start.reduce((m, s, i) => Math.max(m, s + spans.duration[i]!), 0);
  return buildModel({
    trace_id: 'a'.repeat(32),
    environment: 'test',
    base: '1773144000000000000',
    duration: end,
    arriving: false,
    truncated: false,
    total_spans: lines.length,
    strings,
    spans,
    annotations: { span: [], time: [], name: [], kind: [], severity: [] },
    critical: [],
    services: [...services].map((name, i) => ({ name, slot: i + 1, spans: 1, errors: 0, self: 0 })),
    notes: { missing_parents: 0, roots: 1, loops: 0, duplicates: 0, skew: [] },
    ...extra,
  });
}
