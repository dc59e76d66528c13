import { get } from '../../api/client';
import type { ListedTrace } from '../../api/types';
import { useLoad, type Loaded } from '../../api/useLoad';

/** GET /api/trace/{id}/links: what a trace links to, and what links to it. */
export interface TraceLinks {
  base: string;
  links: TraceLink[];
  /** What is known of the traces at the other ends. */
  traces: ListedTrace[];
  complete: boolean;
}

export interface TraceLink {
  /** Of this trace. */
  span_id: string;
  trace_id: string;
  xray_id: string;
  other_span_id: string;
  /** The other trace links to this one. */
  incoming: boolean;
  /** The other trace came first. */
  upstream: boolean;
  reference?: string;
}

/** The links of all spans of a trace; spans says that more of it may have come. */
export function useLinks(id: string, spans: number): Loaded<TraceLinks> {
  return useLoad(`links ${id} ${spans}`, (signal) => get<TraceLinks>(`trace/${encodeURIComponent(id)}/links`, {}, signal));
}
