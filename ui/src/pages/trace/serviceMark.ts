import { flag, type TraceModel } from '../../charts/model';

/** The colour of a service, striped if a busier one of the trace has the same. */
function serviceColor(t: TraceModel, service: number): React.CSSProperties {
  const color = `var(--s${t.slots[service]!})`;
  return t.hatched[service]
    ? { background: `repeating-linear-gradient(135deg, ${color} 0 3px, transparent 3px 5px)` }
    : { background: color };
}

/** The mark of a span's service; grey for a parent that never arrived. */
export function serviceMark(t: TraceModel, i: number): React.CSSProperties {
  return t.spans.flags[i]! & flag.placeholder ? { background: 'var(--line-control)' } : serviceColor(t, t.spans.service[i]!);
}
