// Shapes of Oriel's own HTTP API; docs/api.md describes them.

export interface Start {
  version: string;
  auth: 'open' | 'required';
  environment: string;
  environments: { slug: string; name: string }[];
  services: { name: string; slot: number }[];
  endpoints: Record<string, string>;
  has_data: boolean;
  last_event: string;
  first_event: string;
  /** From when on events are kept; empty: for ever. */
  kept_from: string;
  sample: Sample;
}

/** Sample data: whether there is some, and how much of what is being loaded is in. */
export interface Sample {
  environment: string;
  present: boolean;
  loading: boolean;
  done: number;
}

export interface ServiceShare {
  name: string;
  slot: number;
  spans: number;
  share: number;
}

export interface ListedTrace {
  trace_id: string;
  start: number;
  duration: number;
  root: { service: string; name: string; kind: number; status_code: number; http_status: number; missing: boolean };
  spans: number;
  errors: number;
  services: ServiceShare[] | null;
}

export interface TraceList {
  base: string;
  traces: ListedTrace[];
  next: string;
  elapsed_ms: number;
  scanned: number;
  complete: boolean;
}

export interface TraceGroup {
  service: string;
  name: string;
  slot: number;
  count: number;
  rate: number;
  errors: number;
  p50_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
  spark: number[] | null;
}

export interface Latency {
  base: string;
  step: number;
  count: number;
  min_ms: number;
  max_ms: number;
  bins: number;
  counts: number[];
  errors: number[];
}

export interface Skeleton {
  trace_id: string;
  environment: string;
  base: string;
  duration: number;
  arriving: boolean;
  truncated: boolean;
  total_spans: number;
  strings: string[];
  spans: {
    id: string[];
    parent: number[];
    depth: number[];
    start: number[];
    duration: number[];
    self: number[];
    service: number[];
    name: number[];
    kind: number[];
    status: number[];
    http: number[];
    flags: number[];
    descendants: number[];
  };
  annotations: { span: number[]; time: number[]; name: number[]; kind: number[]; severity: number[] };
  critical: [number, number, number][];
  services: { name: string; slot: number; spans: number; errors: number; self: number }[];
  notes: {
    missing_parents: number;
    roots: number;
    loops: number;
    duplicates: number;
    skew: { service: string; host: string; ns: number; spans: number }[];
  };
}

export interface SpanDetail {
  index: number;
  id: string;
  fields: Record<string, string | number | boolean>;
  types: Record<string, string>;
  resource: string[];
  scope: string[];
  dataset: string;
  time: string;
  events: { name: string; time: string; kind: number; fields: Record<string, string | number | boolean> }[];
  links: { trace_id: string; span_id: string }[];
  left_out: number;
}

export interface Peers {
  percentile: number;
  count: number;
  p50_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
  histogram: { min_ms: number; max_ms: number; counts: number[] };
}

export interface Snippet {
  id: string;
  title: string;
  lang: string;
  install: string;
  env: string;
  code: string;
}
export interface SetupCard {
  id: string;
  title: string;
  lead: string;
  note?: string;
  key_kind: string;
  /** What a test event of its SDKs is: see POST /api/test-event. */
  test: string;
  curl: string;
  languages: Snippet[];
}
export interface Setup {
  endpoint: string;
  key: string;
  /** The snippets work as they are: no key need be made. */
  fresh: boolean;
  cards: SetupCard[];
}
export type ReceivedKind = 'spans' | 'lines' | 'metrics' | 'events' | 'errors' | 'segments';
export interface Received {
  kind: ReceivedKind;
  service: string;
  dataset: string;
  protocol: string;
  /** Of rows, since the server started. */
  count: number;
  trace_id?: string;
  group?: string;
  stream?: string;
  item?: number;
  first: string;
  at: string;
}
export interface Refused {
  method: string;
  path: string;
  remote: string;
  status: number;
  protocol: string;
  reason: string;
  remedy: string;
  key: string;
  count: number;
  first: string;
  at: string;
}
export interface Dropped {
  reason: string;
  protocol: string;
  /** The events are kept, with less than was sent. */
  stored: boolean;
  count: number;
  remedy: string;
  last: { at: string; detail: string }[];
}
export interface Found {
  at: string;
  environment: string;
  kind: 'trace' | 'span' | 'line' | 'request' | 'person' | 'occurrence' | 'result' | 'query';
  trace_id?: string;
  span_id?: string;
  spans: number;
  service: string;
  name: string;
  dataset?: string;
  /** The position of a log line. */
  line?: string;
  /** The field that has the id, and its value. */
  field?: string;
  value?: string;
  item?: number;
  occurrence?: string;
  /** The id of a kept result. */
  result?: string;
  /** What a saved query asks. */
  query?: Record<string, unknown>;
}
