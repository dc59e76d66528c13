import { expect, it } from 'vitest';

import type { SamplingRule } from '../../api/xray';
import { cloneOf, draftOf, fieldOf, kept, matchers, newDraft, percent, ruleOf, trends } from './rules';

const rule: SamplingRule = {
  RuleName: 'checkout',
  Priority: 10,
  FixedRate: 0.07,
  ReservoirSize: 2,
  ServiceName: 'shop',
  ServiceType: '*',
  Host: '*',
  HTTPMethod: 'POST',
  URLPath: '/pay/*',
  ResourceARN: '*',
  Attributes: { tier: 'gold' },
};

it('shows of a rule only what narrows it', () => {
  expect(matchers(rule)).toEqual([
    ['service', 'shop'],
    ['method', 'POST'],
    ['path', '/pay/*'],
    ['tier', 'gold'],
  ]);
});

it.each([
  [0.07, '7'],
  [0.001, '0.1'],
  [1, '100'],
  [0, '0'],
  [1 / 3, '33.3333'],
])('writes the share %d as percent', (share, text) => expect(percent(share)).toBe(text));

it('gives back the rule that was opened', () => {
  expect(ruleOf(draftOf(rule))).toEqual({ rule, mistakes: {} });
  const boosted = { ...rule, SamplingRateBoost: { MaxRate: 0.5, CooldownWindowMinutes: 10 } };
  expect(ruleOf(draftOf(boosted))).toEqual({ rule: boosted, mistakes: {} });
});

it.each([
  [{ boost: '50' }, { cooldown: 'a whole number is wanted' }],
  [{ boost: '1', cooldown: '5' }, { boost: 'less than the rate would keep nothing more' }],
  [{ boost: '101', cooldown: '5' }, { boost: '0 to 100 percent are wanted' }],
  [{ boost: '', cooldown: '' }, {}],
])('takes a boost whole or not at all: %j', (change, mistakes) => {
  expect(ruleOf({ ...draftOf(rule), ...change }).mistakes).toEqual(mistakes);
});

it('takes an empty pattern for any', () => {
  expect(ruleOf({ ...draftOf(rule), path: ' ' }).rule.URLPath).toBe('*');
});

it('says at the field what is no number and no pair', () => {
  const { mistakes } = ruleOf({ ...draftOf(rule), priority: '1.5', rate: '120', reservoir: '', attributes: 'tier' });
  expect(Object.keys(mistakes).sort()).toEqual(['attributes', 'priority', 'rate', 'reservoir']);
});

it('clones to a free name and a priority after the rule', () => {
  const all = [rule, { ...rule, RuleName: 'checkout-2', Priority: 11 }];
  expect(cloneOf(rule, all)).toMatchObject({ name: 'checkout-3', priority: '12', path: '/pay/*' });
  expect(cloneOf({ ...rule, RuleName: 'Default', Priority: 10_000 }, all)).toMatchObject({ name: 'Default-2', priority: '100' });
  expect(newDraft([{ ...rule, Priority: 100 }]).priority).toBe('101');
});

it.each([
  ['Priority 0 of sampling rule "x": want 1 to 9999', 'priority'],
  ["1 validation error detected: Value '' at 'SamplingRule.HTTPMethod' failed", 'method'],
  ['a sampling rule named "x" exists already; update it or choose another name', 'name'],
  ['sampling rule "x" has 6 Attributes: want at most 5', 'attributes'],
  ['the environment has its limit of 1000 sampling rules; delete some first', undefined],
])('finds the field of “%s”', (message, field) => expect(fieldOf(message)).toBe(field));

it('sums what all rules keep', () => {
  const run = {
    requests: 100,
    rules: [
      { name: 'a', priority: 1, now: { requests: 40, kept: 4.4 }, then: { requests: 40, kept: 40 } },
      { name: 'Default', priority: 10_000, now: { requests: 60, kept: 3.3 }, then: { requests: 60, kept: 3.3 } },
    ],
    kinds: [],
    more_kinds: 0,
    cut: false,
  };
  expect([kept(run, 'now'), kept(run, 'then')]).toEqual([8, 43]);
});

it('puts reports into ten minutes of windows and leaves older ones out', () => {
  const report = (Timestamp: number, RequestCount: number) => ({ RuleName: 'a', Timestamp, RequestCount, SampledCount: 1, BorrowCount: 0 });
  const t = trends([report(10_000, 5), report(9_990, 7), report(9_400, 9)], 10_004_000).get('a')!;
  expect(t.windows).toHaveLength(60);
  expect(t.windows.slice(-2).map((w) => w.requests)).toEqual([7, 5]);
  expect([t.requests, t.sampled]).toEqual([12, 2]);
});
