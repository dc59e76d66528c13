// Spans as OTLP/JSON: what an exporter would send, so that it can be sent again
// or read by other tools.
import type { SpanDetail } from '../../api/types';

type Value = string | number | boolean;

/** Fields that OTLP has a place of its own for, or that were added on the way in. */
const notAttributes =
  /^(?:trace\.|meta\.|name$|duration_ms$|span\.kind$|span\.num_|type$|status_code$|status_message$|error$|parent_name$|library\.|otel\.scope\.|telemetry\.instrumentation_library$|trace_state$)/;
const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

function attribute(key: string, v: Value, type: string | undefined): object {
  if (typeof v === 'boolean') return { key, value: { boolValue: v } };
  if (type === 'integer' || (typeof v === 'number' && type === undefined && Number.isInteger(v)))
    return { key, value: { intValue: String(v) } };
  if (typeof v === 'number') return { key, value: { doubleValue: v } };
  return { key, value: { stringValue: v } };
}

function attributes(fields: Record<string, Value>, names: readonly string[], types: Record<string, string> = {}): object[] {
  return names.map((n) => attribute(n, fields[n]!, types[n]));
}

function spanOf(s: SpanDetail): object {
  const f = s.fields;
  const apart = new Set([...s.resource, ...s.scope]);
  const own = Object.keys(f).filter((n) => !apart.has(n) && !notAttributes.test(n));
  const end = BigInt(s.time) + BigInt(Math.round(Number(f.duration_ms ?? 0) * 1e6));
  const eventFields = (e: SpanDetail['events'][number]): string[] =>
    Object.keys(e.fields).filter((n) => !notAttributes.test(n) && !(n in f && f[n] === e.fields[n]));
  return {
    traceId: f['trace.trace_id'],
    spanId: f['trace.span_id'],
    ...(f['trace.parent_id'] !== undefined && { parentSpanId: f['trace.parent_id'] }),
    name: f.name ?? '',
    kind: Math.max(kinds.indexOf(String(f['span.kind'])), 0),
    startTimeUnixNano: s.time,
    endTimeUnixNano: String(end),
    attributes: attributes(f, own.sort(), s.types),
    events: s.events
      .filter((e) => e.kind <= 1)
      .map((e) => ({
        timeUnixNano: e.time,
        name: e.kind === 1 ? 'exception' : e.name,
        attributes: attributes(e.fields, eventFields(e).sort()),
      })),
    links: s.links.map((l) => ({ traceId: l.trace_id, spanId: l.span_id })),
    status: {
      ...(Number(f.status_code) > 0 && { code: f.status_code }),
      ...(f.status_message !== undefined && { message: f.status_message }),
    },
  };
}

/** Groups spans by resource and scope as an export request has them. */
export function toOTLP(spans: readonly SpanDetail[]): { resourceSpans: object[] } {
  const resources = new Map<string, { attributes: object[]; scopes: Map<string, { scope: object; spans: object[] }> }>();
  for (const s of spans) {
    const own = attributes(s.fields, s.resource, s.types);
    const resource = entry(resources, JSON.stringify(own), () => ({ attributes: own, scopes: new Map() }));
    const scope = { name: String(s.fields['library.name'] ?? ''), version: String(s.fields['library.version'] ?? '') };
    entry(resource.scopes, JSON.stringify(scope), () => ({ scope, spans: [] })).spans.push(spanOf(s));
  }
  return {
    resourceSpans: [...resources.values()].map((r) => ({ resource: { attributes: r.attributes }, scopeSpans: [...r.scopes.values()] })),
  };
}

function entry<V>(map: Map<string, V>, key: string, make: () => V): V {
  let v = map.get(key);
  if (v === undefined) map.set(key, (v = make()));
  return v;
}
