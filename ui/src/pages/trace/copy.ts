// What a trace is copied as.
import { post } from '../../api/client';
import type { SpanDetail } from '../../api/types';
import { isError, nameOf, serviceOf, type TraceModel } from '../../charts/model';
import { duration } from '../../time/format';
import { toOTLP } from './otlp';

const mostLines = 200;

/** The tree as text, for a chat. */
export function outline(t: TraceModel): string {
  const lines: string[] = [`${t.id}  ${duration(t.total)}`];
  for (let i = 0; i < Math.min(t.count, mostLines); i++) {
    lines.push(
      `${'  '.repeat(t.spans.depth[i]!)}${serviceOf(t, i)} ${nameOf(t, i)}  ${duration(t.spans.duration[i]!)}${isError(t, i) ? '  error' : ''}`,
    );
  }
  if (t.count > mostLines) lines.push(`and ${t.count - mostLines} more`);
  return lines.join('\n');
}

/** As many spans as the server details at once. */
const batch = 200;
/** A clipboard is no place for more. */
const mostSpans = 2_000;

async function details(t: TraceModel, keepClocks: boolean): Promise<SpanDetail[]> {
  const spans: SpanDetail[] = [];
  const end = Math.min(t.count, mostSpans);
  for (let from = 0; from < end; from += batch) {
    const indexes = Array.from({ length: Math.min(batch, end - from) }, (_, k) => from + k);
    const answer = await post<{ spans: SpanDetail[] }>(`trace/${encodeURIComponent(t.id)}/spans`, { indexes, skew: !keepClocks });
    spans.push(...answer.spans);
  }
  return spans;
}

/** The spans with all their fields, events and links, in the order of the tree. */
export async function spansAsJSON(t: TraceModel, keepClocks: boolean): Promise<string> {
  const spans = await details(t, keepClocks);
  return JSON.stringify({ trace_id: t.id, total_spans: t.totalSpans, copied_spans: spans.length, spans }, null, 2);
}

/** The spans as an exporter would send them, with their clocks as they were. */
export async function spansAsOTLP(t: TraceModel): Promise<string> {
  const spans = await details(t, true);
  return JSON.stringify(toOTLP(spans.filter((s) => s.fields['trace.span_id'] !== undefined)), null, 2);
}
