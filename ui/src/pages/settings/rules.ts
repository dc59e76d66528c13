// Sampling rules as the page shows and edits them: pure.
import type { SamplingRule, StatisticSummary } from '../../api/xray';

export const defaultName = 'Default';

/** A rule while it is edited: everything is text until it is kept. */
export interface Draft {
  name: string;
  priority: string;
  /** Percent. */
  rate: string;
  reservoir: string;
  service: string;
  type: string;
  host: string;
  method: string;
  path: string;
  arn: string;
  /** Lines of key=pattern. */
  attributes: string;
  /** Percent up to which the rate goes at anomalies, and minutes between two such times; both empty for none. */
  boost: string;
  cooldown: string;
}

export type Field = keyof Draft;
export type Mistakes = Partial<Record<Field, string>>;

/** Which member of the rule a field is, and its name for people. */
export const patterns = [
  ['service', 'ServiceName', 'Service'],
  ['type', 'ServiceType', 'Service type'],
  ['host', 'Host', 'Host'],
  ['method', 'HTTPMethod', 'Method'],
  ['path', 'URLPath', 'Path'],
  ['arn', 'ResourceARN', 'Resource ARN'],
] as const;

/** What a rule is about, without what takes anything. */
export function matchers(r: SamplingRule): [name: string, pattern: string][] {
  return [
    ...patterns.filter(([, member]) => r[member] !== '*').map(([, member, name]): [string, string] => [name.toLowerCase(), r[member]]),
    ...Object.entries(r.Attributes),
  ];
}

/** A share as percent, with no more digits than it has. */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(6))}`;
}

export function draftOf(r: SamplingRule): Draft {
  return {
    name: r.RuleName,
    priority: `${r.Priority}`,
    rate: percent(r.FixedRate),
    reservoir: `${r.ReservoirSize}`,
    service: r.ServiceName,
    type: r.ServiceType,
    host: r.Host,
    method: r.HTTPMethod,
    path: r.URLPath,
    arn: r.ResourceARN,
    attributes: Object.entries(r.Attributes)
      .map(([key, value]) => `${key}=${value}`)
      .join('\n'),
    boost: r.SamplingRateBoost ? percent(r.SamplingRateBoost.MaxRate) : '',
    cooldown: r.SamplingRateBoost ? `${r.SamplingRateBoost.CooldownWindowMinutes}` : '',
  };
}

/** A new rule that keeps as much as Default does, before all that are there but the first. */
export function newDraft(rules: readonly SamplingRule[]): Draft {
  return {
    name: '',
    priority: `${freePriority(rules, 100)}`,
    rate: '5',
    reservoir: '1',
    service: '*',
    type: '*',
    host: '*',
    method: '*',
    path: '*',
    arn: '*',
    attributes: '',
    boost: '',
    cooldown: '',
  };
}

/** A copy beside the rule: it is looked at after it. */
export function cloneOf(r: SamplingRule, rules: readonly SamplingRule[]): Draft {
  const taken = new Set(rules.map((x) => x.RuleName));
  let name = '';
  for (let n = 2; name === '' || taken.has(name); n++) name = `${r.RuleName.slice(0, 28)}-${n}`;
  return { ...draftOf(r), name, priority: `${freePriority(rules, r.RuleName === defaultName ? 100 : r.Priority + 1)}` };
}

function freePriority(rules: readonly SamplingRule[], from: number): number {
  const taken = new Set(rules.map((r) => r.Priority));
  for (let p = Math.min(from, 9999); p < 9999; p++) if (!taken.has(p)) return p;
  return 9999;
}

/** The rule that a draft means, or what is no number or no pair in it; limits are the server's to say. */
export function ruleOf(d: Draft): { rule: SamplingRule; mistakes: Mistakes } {
  const mistakes: Mistakes = {};
  const number = (field: 'priority' | 'rate' | 'reservoir' | 'boost' | 'cooldown', whole: boolean): number => {
    const text = d[field].trim();
    const n = Number(text);
    if (text !== '' && Number.isFinite(n) && (!whole || Number.isInteger(n))) return n;
    mistakes[field] = whole ? 'a whole number is wanted' : 'a number is wanted, like 5 or 0.1';
    return 0;
  };
  const rate = number('rate', false);
  if (rate < 0 || rate > 100) mistakes.rate = '0 to 100 percent are wanted';
  const attributes: Record<string, string> = {};
  for (const line of d.attributes.split('\n').filter((l) => l.trim() !== '')) {
    const at = line.indexOf('=');
    if (at < 1) mistakes.attributes = `“${line.trim()}” is no pair: write key=pattern`;
    else attributes[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  const boosted = d.boost.trim() !== '' || d.cooldown.trim() !== '';
  const boost = boosted ? number('boost', false) : 0;
  if (boosted && (boost < 0 || boost > 100)) mistakes.boost = '0 to 100 percent are wanted';
  else if (boosted && !mistakes.boost && boost < rate) mistakes.boost = 'less than the rate would keep nothing more';
  const cooldown = boosted ? number('cooldown', true) : 0;
  const pattern = (text: string): string => text.trim() || '*';
  return {
    mistakes,
    rule: {
      RuleName: d.name.trim(),
      Priority: number('priority', true),
      FixedRate: Number((rate / 100).toPrecision(12)),
      ReservoirSize: number('reservoir', true),
      ServiceName: pattern(d.service),
      ServiceType: pattern(d.type),
      Host: pattern(d.host),
      HTTPMethod: pattern(d.method),
      URLPath: pattern(d.path),
      ResourceARN: pattern(d.arn),
      Attributes: attributes,
      ...(boosted && { SamplingRateBoost: { MaxRate: Number((boost / 100).toPrecision(12)), CooldownWindowMinutes: cooldown } }),
    },
  };
}

const members: readonly [RegExp, Field][] = [
  [/\bRuleName\b|\brule named\b/, 'name'],
  [/\bPriority\b/, 'priority'],
  [/\bFixedRate\b/, 'rate'],
  [/\bReservoirSize\b/, 'reservoir'],
  ...patterns.map(([field, member]): [RegExp, Field] => [new RegExp(`\\b${member}\\b`), field]),
  [/\bAttributes\b/, 'attributes'],
  [/\bMaxRate\b/, 'boost'],
  [/\bCooldownWindowMinutes\b/, 'cooldown'],
];

/** The field that a message of the server is about: the one it names first. */
export function fieldOf(message: string): Field | undefined {
  const found = members
    .map(([member, field]) => ({ field, at: message.search(member) }))
    .filter((x) => x.at >= 0)
    .sort((a, b) => a.at - b.at);
  return found[0]?.field;
}

/** The body of a dry run's rule. */
export function dryRule(r: SamplingRule): Record<string, unknown> {
  return {
    name: r.RuleName || 'new rule',
    priority: r.Priority,
    fixed_rate: r.FixedRate,
    reservoir_size: r.ReservoirSize,
    service_name: r.ServiceName,
    service_type: r.ServiceType,
    host: r.Host,
    http_method: r.HTTPMethod,
    url_path: r.URLPath,
    resource_arn: r.ResourceARN,
    attributes: r.Attributes,
  };
}

export interface DryRun {
  requests: number;
  rules: { name: string; priority: number; now: DryCounts; then: DryCounts }[];
  kinds: { service: string; host: string; method: string; path: string; requests: number; now: string; then: string }[];
  more_kinds: number;
  cut: boolean;
}

export interface DryCounts {
  requests: number;
  kept: number;
}

/** How many requests all rules keep. */
export function kept(run: DryRun, which: 'now' | 'then'): number {
  return Math.round(run.rules.reduce((sum, r) => sum + r[which].kept, 0));
}

const windowSeconds = 10;
const windows = 60;

export interface Trend {
  /** Each of the last ten minutes' windows, the oldest first. */
  windows: { at: number; requests: number; sampled: number; borrowed: number }[];
  requests: number;
  sampled: number;
  borrowed: number;
}

/** What was reported of each rule, over time. */
export function trends(list: readonly StatisticSummary[], nowMs: number): Map<string, Trend> {
  const end = Math.floor(nowMs / 1000 / windowSeconds) * windowSeconds;
  const first = end - (windows - 1) * windowSeconds;
  const out = new Map<string, Trend>();
  for (const s of list) {
    const i = Math.floor((s.Timestamp - first) / windowSeconds);
    if (i < 0 || i >= windows) continue;
    let t = out.get(s.RuleName);
    if (!t) {
      t = {
        windows: Array.from({ length: windows }, (_, n) => ({ at: first + n * windowSeconds, requests: 0, sampled: 0, borrowed: 0 })),
        requests: 0,
        sampled: 0,
        borrowed: 0,
      };
      out.set(s.RuleName, t);
    }
    for (const to of [t, t.windows[i]!]) {
      to.requests += s.RequestCount;
      to.sampled += s.SampledCount;
      to.borrowed += s.BorrowCount;
    }
  }
  return out;
}
