// What the Home page asks of the server: GET /api/home?from&to&compare&env.
import type { Health, Latencies } from './map';

export interface Home {
  base: string;
  to: string;
  /** In ns, of a point of the small charts. */
  step: number;
  points: number;
  services: HomeService[];
  left_out: number;
  /** How far back services are compared with themselves; complete is false while that is being added up. */
  history: { from: string; complete: boolean };
  attention: Attention[];
  errors: { total: number; items: HomeError[] };
  slow: SlowTrace[];
  deploys: Deploy[];
  elapsed_ms: number;
}

export interface Points {
  count: number[];
  /** Of those, what did not end well. */
  bad: number[];
  /** 0 where there was nothing. */
  p95_ms: number[];
}

export interface HomeService extends Health, Latencies {
  name: string;
  slot: number;
  series: Points;
  before?: Health & Latencies & { series: Points };
  open_errors: number;
  deploy?: Deploy;
}

export interface Deploy {
  at: string;
  version: string;
  /** Empty for all services. */
  service: string;
  by: string;
  comment: string;
  url: string;
}

export type CauseKind =
  'failing' | 'throttling' | 'refusing' | 'slow' | 'uneven' | 'repeating' | 'silent' | 'new_error' | 'regressed_error' | 'intake';
export type CauseLevel = 'broken' | 'worse' | 'notice';

export interface Cause {
  kind: CauseKind;
  level: CauseLevel;
  operation: string;
  /** Of how many operations it is true, where there is no single one. */
  operations: number;
  since: string;
  deploy: string;
  /** Id of an error. */
  item: string;
  /** Id of the trace of a request that shows it. */
  trace: string;
  sentence: SentencePart[];
}

export interface SentencePart {
  text: string;
  is: '' | 'now' | 'before' | 'moment' | 'deploy' | 'operation' | 'error' | 'path';
  at: string;
}

export interface Attention {
  /** Empty for what no service owns. */
  service: string;
  slot: number;
  score: number;
  causes: Cause[];
  more: number;
}

export interface HomeError {
  id: string;
  counter: number;
  title: string;
  service: string;
  slot: number;
  level: string;
  back: boolean;
  since: string;
  last: string;
  total: number;
  people: number;
}

export interface SlowTrace {
  service: string;
  slot: number;
  name: string;
  trace_id: string;
  span_id: string;
  ms: number;
  at: string;
}
