// Shapes of what the API tells about errors; docs/api.md describes them. Times are texts in ns, "" for never.

export const levels = ['critical', 'error', 'warning', 'info', 'debug'] as const;
export type ErrorLevel = (typeof levels)[number];

export const statuses = ['active', 'resolved', 'muted', 'archived'] as const;
export type ErrorStatus = (typeof statuses)[number];

/** A person who can be assigned to. */
export interface Assignee {
  id: number;
  name: string;
}

export interface ErrorItem {
  id: string;
  /** #123 */
  counter: number;
  title: string;
  /** The title of the latest occurrence, where it is another one. */
  latest_title?: string;
  culprit: string;
  environment: string;
  level: ErrorLevel;
  status: ErrorStatus;
  snoozed_until: string;
  /** What ends a mute before somebody does. */
  muted_until?: { at?: string; count?: number; people?: number };
  platform: string;
  framework: string;
  language: string;
  first: string;
  last: string;
  activated: string;
  /** It came back after it was resolved. */
  reactivated: boolean;
  resolved_in: string;
  next_deploy: boolean;
  total: number;
  people: number;
  first_version: string;
  last_version: string;
  assignee: Assignee | null;
  comments: number;
  is_group: boolean;
  /** Occurrences by hour or day, the last now. */
  spark: number[];
}

export interface Facet {
  value: string;
  count: number;
}

export interface ItemList {
  items: ErrorItem[];
  /** How many there are in all. */
  total: number;
  next: string;
  /** How many there are on each tab, with the same filters. */
  tabs: Record<string, number>;
  facets: { level: Facet[]; environment: Facet[]; framework: Facet[]; version: Facet[]; assignee: Facet[] };
  /** Names in the text that are no fields: they were taken as words of the title. */
  unknown: string[];
  /** Items in the whole environment, whatever the filters. */
  any: number;
  elapsed_ms: number;
}

export interface People {
  people: Assignee[];
}

/** A view of the list that was kept: the search part of its address. */
export interface SavedView {
  id: string;
  name: string;
  search: string;
}

/** Any JSON. What is too large to send at once stands as what was left out. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A part of a payload that is sent when it is asked for. */
export type LeftOut = {
  /** How many bytes it has as JSON. */
  $bytes: number;
  /** Where it is in the payload. */
  $path: string[];
  /** Members or elements it has. */
  $count: number;
};

export interface Original {
  file: string;
  line: number;
  column: number;
  method: string;
  code: string;
  pre: string[];
  post: string[];
}

export interface Frame {
  file: string;
  line: number;
  column: number;
  method: string;
  class: string;
  code: string;
  pre: string[];
  post: string[];
  /** Of the project itself rather than a library. */
  own: boolean;
  /** The library a frame is of, where its path says so. */
  library: string;
  args: [name: string, value: Json | LeftOut][];
  locals: { [name: string]: Json | LeftOut } | LeftOut | null;
  /** Where a source map leads. */
  original?: Original;
  /** Why no source map did. */
  unmapped?: string;
}

export interface ErrorTrace {
  class: string;
  message: string;
  description: string;
  /** The newest call first. */
  frames: Frame[];
  /** Frames in the middle that were not sent. */
  left_out: number;
}

export interface Telemetry {
  at: string;
  level: string;
  type: string;
  source: string;
  body: { [key: string]: Json };
}

export interface Occurrence {
  id: string;
  at: string;
  uuid: string;
  title: string;
  level: ErrorLevel;
  kind: 'trace' | 'message' | 'crash_report';
  language: string;
  version: string;
  environment: string;
  service: string;
  dataset: string;
  trace_id: string;
  span_id: string;
  /** The exception that was raised last first, then its causes. */
  traces: ErrorTrace[];
  /** Of a message or a crash report. */
  text: string;
  telemetry: Telemetry[];
  /** All of the payload, what is too large of it left out. */
  payload: { [key: string]: Json };
}

export interface OccurrencePage {
  occurrence: Occurrence;
  /** Ids; '' for none. */
  older: string;
  newer: string;
  /** How many are kept that can be looked at. */
  kept: number;
  /** Links to other tools, of which the occurrence has all values. */
  links: { name: string; url: string }[];
}

export interface Deploy {
  id: string;
  environment: string;
  revision: string;
  by: string;
  comment: string;
  at: string;
  status: string;
}

export interface ItemBundle {
  item: ErrorItem & { all_time: number; ips: number; max_level: ErrorLevel; first_id: string; last_id: string; group?: string };
  fingerprints: string[];
  /** A condition that the occurrences of the item meet. */
  where: string;
  suspect: Deploy | null;
  /** Occurrences of the last seven days that were not kept, since their access token was over its limit. */
  dropped: number;
  members: ErrorItem[];
  /** The same error in other environments. */
  siblings: ErrorItem[];
}

export interface Person {
  id: string;
  username: string;
  email: string;
  first: string;
  last: string;
  count: number;
}

export interface ItemVersion {
  version: string;
  first: string;
  last: string;
  count: number;
  /** The item was new in it, came back in it. */
  is_new: boolean;
  came_back: boolean;
}

export interface Activity {
  id: string;
  at: string;
  actor: string;
  kind: string;
  text: string;
}

export interface FrameNote {
  trace: number;
  file: string;
  method: string;
  counted: boolean;
  why: string;
  as: string;
}

export interface Grouping {
  fingerprint: string;
  version: number;
  step: string;
  words: string[];
  canonical: string;
  frames: FrameNote[];
}

export interface ItemCounts {
  /** Of the first bucket, ns. */
  base: string;
  step: number;
  counts: number[];
  deploys: Deploy[];
  releases: { version: string; at: string }[];
}
