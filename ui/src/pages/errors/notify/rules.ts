// Notification rules as Rollbar's API has them, and what they say in words.

export const channels = ['webhook', 'slack', 'pagerduty', 'email'] as const;
export type Channel = (typeof channels)[number];

export const channelNames: Readonly<Record<Channel, string>> = {
  webhook: 'Webhook',
  slack: 'Slack',
  pagerduty: 'PagerDuty',
  email: 'E-mail',
};

export const triggers = [
  ['new_item', 'a new error', 'the first occurrence in an environment'],
  ['reactivated_item', 'an error comes back', 'it happens again after it was resolved'],
  ['exp_repeat_item', '10th, 100th, 1,000th … occurrence', 'counted since the item was last activated'],
  ['occurrence_rate', 'many occurrences in a time', 'so many of one item; told once per item and time'],
  ['occurrence', 'every occurrence', 'at most 200 a second'],
  ['resolved_item', 'an error is resolved', 'by a person, a deploy or a rule'],
  ['reopened_item', 'an error is reopened', 'by a person'],
  ['new_version', 'a new version', 'the first occurrence of a version nobody has seen'],
  ['deploy', 'a deploy', 'that succeeded'],
  ['daily_summary', 'once a day, a summary', 'by e-mail only'],
] as const;
export type Trigger = (typeof triggers)[number][0];

export interface Filter {
  type: string;
  operation?: string;
  value?: string | number | boolean;
  path?: string;
  period?: number;
  count?: number;
}

export interface Config {
  users?: (string | number)[];
  teams?: (string | number)[];
  summary_time?: number;
  environments?: string[];
  send_only_if_data?: boolean;
  min_item_level?: string;
  message_template?: string;
  channel?: string;
  show_message_buttons?: boolean;
  url?: string;
  format?: string;
  service_key?: string;
}

export interface Rule {
  id: number;
  trigger: Trigger;
  status: 'enabled' | 'disabled';
  action: string;
  filters: Filter[];
  config: Config;
  /** Why the server switched it off. */
  disabled_reason?: string;
}

export interface Attempt {
  at: string;
  status: number;
  response: string;
  error: string;
  took_ms: number;
}

export interface Delivery {
  id: string;
  at: string;
  event: string;
  what: string;
  state: 'waiting' | 'delivered' | 'gave_up';
  next: string;
  to: string;
  body: string;
  test: boolean;
  attempts: Attempt[];
}

export interface KeptRule extends Rule {
  last: Delivery | null;
  waiting: number;
}

export interface ChannelSettings {
  enabled: boolean;
  url?: string;
  channel?: string;
  show_message_buttons?: boolean;
  include_request_params?: boolean;
  service_key?: string;
  signing_secret?: string;
}

export interface Notifications {
  channels: { channel: Channel; settings: ChannelSettings; rules: KeptRule[] }[];
  mail: boolean;
  may_edit: boolean;
  environments: string[];
}

type Operation = readonly [id: string, words: string];
const texts: readonly Operation[] = [
  ['within', 'contains'],
  ['nwithin', 'does not contain'],
  ['regex', 'matches'],
  ['nregex', 'does not match'],
];

/** What a filter asks of, and how it can compare. */
export const filterTypes: readonly { type: string; name: string; operations: readonly Operation[]; only?: Trigger }[] = [
  {
    type: 'environment',
    name: 'environment',
    operations: [
      ['eq', 'is'],
      ['neq', 'is not'],
    ],
  },
  {
    type: 'level',
    name: 'level',
    operations: [
      ['gte', 'is at least'],
      ['eq', 'is'],
    ],
  },
  { type: 'title', name: 'title', operations: texts },
  { type: 'filename', name: 'file of any frame', operations: texts },
  { type: 'method', name: 'function of any frame', operations: texts },
  {
    type: 'context',
    name: 'context',
    operations: [
      ['startswith', 'begins with'],
      ['eq', 'is'],
      ['neq', 'is not'],
    ],
  },
  { type: 'framework', name: 'framework', operations: [['eq', 'is']] },
  { type: 'unique_occurrences', name: 'distinct addresses', operations: [['gte', 'at least']] },
  {
    type: 'path',
    name: 'value in the payload',
    operations: [
      ['eq', 'is'],
      ['neq', 'is not'],
      ['gte', 'at least'],
      ['lte', 'at most'],
      ['startswith', 'begins with'],
      ...texts,
      ['exists', 'is there'],
      ['nexists', 'is not there'],
    ],
  },
  { type: 'comment', name: 'comment of the deploy', operations: [['within', 'contains']], only: 'deploy' },
];

export const periods = [
  [60, 'a minute'],
  [300, '5 minutes'],
  [1800, '30 minutes'],
  [3600, 'an hour'],
  [86400, 'a day'],
] as const;

/** The filters that go with a trigger. */
export function typesFor(trigger: Trigger): typeof filterTypes {
  const noItem = trigger === 'deploy' || trigger === 'new_version';
  return filterTypes.filter((t) => (t.only ? t.only === trigger : !noItem || t.type === 'environment'));
}

/** A filter of a type with its first operation. */
export function freshFilter(type: string): Filter {
  const operation = filterTypes.find((t) => t.type === type)?.operations[0]?.[0] ?? 'eq';
  return { type, operation, value: type === 'level' ? 'error' : '', ...(type === 'path' && { path: 'body.' }) };
}

export const hasValue = (f: Filter): boolean => f.operation !== 'exists' && f.operation !== 'nexists';

/** A filter in words: "level is at least error". */
export function filterWords(f: Filter): string {
  if (f.type === 'rate') return rateWords(f);
  const t = filterTypes.find((x) => x.type === f.type);
  const op = t?.operations.find(([id]) => id === f.operation)?.[1] ?? f.operation ?? '';
  const name = f.type === 'path' ? (f.path ?? '') : (t?.name ?? f.type);
  return `${name} ${op}${hasValue(f) ? ` ${String(f.value ?? '')}` : ''}`;
}

function rateWords(f: Filter, of = ''): string {
  const every = periods.find(([s]) => s === f.period)?.[1] ?? `${f.period ?? 0} s`;
  return `${f.count ?? 0}${of} in ${every}`;
}

/** When a rule tells: "a new error", "100 occurrences in an hour". */
export function whenWords(r: Rule): string {
  const rate = r.filters.find((f) => f.type === 'rate');
  if (r.trigger === 'occurrence_rate' && rate) return rateWords(rate, ' occurrences');
  if (r.trigger === 'daily_summary') return `a summary, each day at ${timeText(r.config.summary_time)} UTC`;
  return triggers.find(([id]) => id === r.trigger)?.[1] ?? r.trigger;
}

/** Where it goes; '' if nothing says so. */
export function whereWords(channel: Channel, r: Rule, s: ChannelSettings | undefined): string {
  switch (channel) {
    case 'webhook':
    case 'slack':
      return host(r.config.url) || host(s?.url);
    case 'pagerduty': {
      const key = r.config.service_key || s?.service_key || '';
      return key && `key …${key.slice(-4)}`;
    }
    case 'email': {
      const n = (r.config.users?.length ?? 0) + (r.config.teams?.length ?? 0);
      return n === 0 ? 'all members' : [...(r.config.users ?? []), ...(r.config.teams ?? []).map((t) => `team ${t}`)].join(', ');
    }
  }
}

function host(url: string | undefined): string {
  if (!url) return '';
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}

const usualSummary = 8 * 3600;

/** Seconds after midnight as HH:MM. */
export function timeText(seconds: number | undefined): string {
  const s = seconds ?? usualSummary;
  return `${String(Math.floor(s / 3600)).padStart(2, '0')}:${String(Math.floor((s % 3600) / 60)).padStart(2, '0')}`;
}

export function timeOf(text: string): number | undefined {
  const m = /^(\d{1,2}):(\d{2})$/.exec(text.trim());
  if (!m || Number(m[1]) > 23 || Number(m[2]) > 59) return undefined;
  return Number(m[1]) * 3600 + Number(m[2]) * 60;
}

export function freshRule(): Rule {
  return {
    id: 0,
    trigger: 'new_item',
    status: 'enabled',
    action: '',
    filters: [{ type: 'level', operation: 'gte', value: 'error' }],
    config: {},
  };
}

/** The rule as it is sent: nothing empty, and no filter that does not go with its trigger. */
export function wire(channel: Channel, r: Rule): Omit<Rule, 'id' | 'disabled_reason'> {
  const types = typesFor(r.trigger).map((t) => t.type);
  const filters = r.filters
    .filter((f) => (f.type === 'rate' ? r.trigger === 'occurrence_rate' : r.trigger !== 'daily_summary' && types.includes(f.type)))
    .map((f): Filter => {
      if (f.type === 'rate') return f;
      const { path, value, ...rest } = f;
      return { ...rest, ...(f.type === 'path' && { path }), ...(hasValue(f) && { value: value ?? '' }) };
    });
  const wanted: Readonly<Record<Channel, readonly (keyof Config)[]>> = {
    webhook: ['url', 'format'],
    slack: ['url', 'channel', 'message_template', 'show_message_buttons'],
    pagerduty: ['service_key', 'url'],
    email:
      r.trigger === 'daily_summary'
        ? ['users', 'teams', 'summary_time', 'environments', 'min_item_level', 'send_only_if_data']
        : ['users', 'teams'],
  };
  const config: Record<string, unknown> = {};
  for (const name of wanted[channel]) {
    const v = r.config[name];
    if (v !== undefined && v !== '' && v !== false && !(Array.isArray(v) && v.length === 0)) config[name] = v;
  }
  const actions: Readonly<Record<Channel, readonly string[]>> = {
    webhook: ['send_webhook', 'send_message'],
    slack: ['send_message'],
    pagerduty: ['trigger_incident', 'resolve_incident'],
    email: ['send_email'],
  };
  const action = actions[channel].includes(r.action) ? r.action : actions[channel][0]!;
  return { trigger: r.trigger, status: r.status, action, filters, config };
}

/** What the server says is wrong, without what is for programs. */
export function plainReason(message: string): string {
  return message.replace(/^Invalid format\. /, '').replace(/^the rule is not valid: json: /, '');
}

/** How a rule's deliveries go, in a word and why. */
export function stateWords(r: KeptRule): { kind: 'ok' | 'bad' | 'wait' | 'none'; word: string; why: string } {
  const last = r.last;
  if (!last) return { kind: 'none', word: 'nothing was told yet', why: '' };
  const why = last.attempts.at(-1)?.error ?? '';
  const test = last.test ? 'test ' : '';
  if (last.state === 'delivered') return { kind: 'ok', word: `${test}delivered`, why: '' };
  if (last.state === 'waiting') return { kind: why ? 'wait' : 'none', word: why ? 'trying again' : 'on its way', why };
  return { kind: 'bad', word: last.test ? 'test failed' : 'given up', why };
}
