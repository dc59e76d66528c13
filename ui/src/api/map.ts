// What the map, the page of a service and the analytics of traces ask of the
// server. Times in ms are of calls; moments are a base in ns as text and steps
// in ns, as everywhere. A count of calls is split into four: ok, error (4xx),
// throttle (429) and fault (5xx); a call is in one of them.

export interface Health {
  count: number;
  errors: number;
  throttles: number;
  faults: number;
}

export interface Latencies {
  p50_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
}

export type NodeKind = 'client' | 'service' | 'database' | 'queue' | 'cache' | 'cloud' | 'remote';

/** GET /api/map?from&to&env&service(repeat)&q(repeat): who calls whom. */
export interface ServiceMap {
  from: string;
  to: string;
  nodes: MapNode[];
  edges: MapEdge[];
  /** Nodes that there are beyond the ones given, the least busy ones. */
  left_out: number;
  elapsed_ms: number;
  scanned: number;
  complete: boolean;
}

export interface MapNode extends Health, Latencies {
  /** Stays the same from one answer to the next, whatever the range. */
  id: string;
  name: string;
  /** As X-Ray types it: AWS::DynamoDB::Table, Database::SQL, remote, client; empty for a service without origin. */
  type: string;
  kind: NodeKind;
  /** Known from its callers only. */
  inferred: boolean;
  /** Requests begin here. */
  root: boolean;
  slot: number;
  /** Namespace of the service; empty for none. */
  group: string;
}

export interface MapEdge extends Health, Latencies {
  /** Indexes of nodes. Figures are the caller's view. */
  from: number;
  to: number;
  kind: 'call' | 'async' | 'link';
}

/** GET /api/map/node?id&from&to&env and GET /api/map/edge?from_id&to_id&from&to&env: one of them over time. */
export interface MapDetail {
  series: RedSeries;
  /** Of a node as it served, of an edge as it was called. */
  histogram: Histogram;
  /** Of a node: durations at the steps of the series. */
  heat?: { min_ms: number; max_ms: number; bins: number; counts: number[] };
  /** Of an edge: what the callee itself took for the same calls; undefined if it is inferred. */
  served?: Histogram & Latencies & { count: number };
  /** The busiest operations, at most 100. */
  operations: Operation[];
  elapsed_ms: number;
  scanned: number;
  complete: boolean;
}

export interface RedSeries {
  base: string;
  step: number;
  count: number[];
  errors: number[];
  throttles: number[];
  faults: number[];
  p50_ms: (number | null)[];
  p95_ms: (number | null)[];
  p99_ms: (number | null)[];
}

/** Counts in bins that are equally wide by logarithm between two bounds. */
export interface Histogram {
  min_ms: number;
  max_ms: number;
  counts: number[];
}

export interface Operation extends Health, Latencies {
  name: string;
  /** Calls over time, for a sparkline. */
  spark: number[];
  /** Share of all the time spent in the node. */
  share: number;
}

/**
 * A set of traces. Every text of q must hold; each is an X-Ray filter
 * expression or a one-line filter of ours, told apart by itself. GET
 * /api/traces, /api/traces/groups and /api/traces/latency take q repeated, too.
 */
/** POST /api/traces/analytics {a, b?, bins?, buckets?}: traces in one or two sets, summed up by what tells them apart. */
export interface TraceAnalytics {
  /** Bounds that hold for all distributions, equally wide by logarithm. */
  min_ms: number;
  max_ms: number;
  bins: number;
  /** Of the activity over time. */
  base: string;
  step: number;
  buckets: number;
  sets: AnalyticsSet[];
  tables: AnalyticsTable[];
  traces: number;
  /** How far back the answer goes. */
  reached: string;
  elapsed_ms: number;
  scanned: number;
  /** False if only the newest traces were looked at. */
  complete: boolean;
}

export interface AnalyticsSet extends Health, Latencies {
  distribution: number[];
  activity: number[];
}

export interface AnalyticsTable {
  /** operation, service, status, method, url, user, client, instance, zone, response_time_root_cause, fault_root_cause, error_root_cause, fault_message, annotation.NAME */
  id: string;
  title: string;
  /** At most 50, the most frequent of both sets. */
  values: AnalyticsValue[];
  distinct: number;
}

export interface AnalyticsValue {
  value: string;
  /** An X-Ray filter expression for exactly these; empty where there is none. */
  filter: string;
  /** Traces of each set. */
  counts: number[];
  mean_ms: (number | null)[];
}

/** POST /api/traces/parse {text}: what a text of the expression bar is. */
export interface ParsedTraceFilter {
  language: 'xray' | 'filter' | 'id' | 'empty';
  /** Printed back. */
  text: string;
  error: { message: string; position: number; expected: string[] } | null;
}
