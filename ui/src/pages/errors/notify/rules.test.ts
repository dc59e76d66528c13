import { describe, expect, it } from 'vitest';

import {
  filterWords,
  freshRule,
  plainReason,
  stateWords,
  timeOf,
  timeText,
  typesFor,
  whenWords,
  whereWords,
  wire,
  type Rule,
} from './rules';

const rule = (r: Partial<Rule>): Rule => ({ ...freshRule(), filters: [], ...r });

describe('rules in words', () => {
  it('say when', () => {
    expect(whenWords(rule({}))).toBe('a new error');
    expect(whenWords(rule({ trigger: 'occurrence_rate', filters: [{ type: 'rate', count: 100, period: 3600 }] }))).toBe(
      '100 occurrences in an hour',
    );
    expect(whenWords(rule({ trigger: 'daily_summary', config: { summary_time: 27000 } }))).toBe('a summary, each day at 07:30 UTC');
  });
  it('say of what', () => {
    expect(filterWords({ type: 'level', operation: 'gte', value: 'error' })).toBe('level is at least error');
    expect(filterWords({ type: 'path', operation: 'exists', path: 'body.custom.tier' })).toBe('body.custom.tier is there');
  });
  it('say where, by what the rule or its channel has', () => {
    expect(whereWords('webhook', rule({ config: { url: 'https://hooks.example/secret' } }), { enabled: true })).toBe('hooks.example');
    expect(whereWords('slack', rule({}), { enabled: true, url: 'https://chat.example/x' })).toBe('chat.example');
    expect(whereWords('slack', rule({}), { enabled: true })).toBe('');
    expect(whereWords('email', rule({}), undefined)).toBe('all members');
    expect(whereWords('pagerduty', rule({ config: { service_key: 'abcdef1234' } }), undefined)).toBe('key …1234');
  });
  it('say how it goes', () => {
    const kept = { ...rule({}), waiting: 0 };
    expect(stateWords({ ...kept, last: null }).kind).toBe('none');
    const attempt = { at: '1', status: 500, response: '', error: 'the receiver answered 500', took_ms: 3 };
    const last = { id: '1', at: '1', event: '', what: '', next: '', to: '', body: '', test: false, attempts: [attempt] };
    expect(stateWords({ ...kept, last: { ...last, state: 'waiting' } })).toEqual({
      kind: 'wait',
      word: 'trying again',
      why: 'the receiver answered 500',
    });
    expect(stateWords({ ...kept, last: { ...last, state: 'gave_up', test: true } }).word).toBe('test failed');
  });
});

describe('wire', () => {
  it('leaves out what is empty and what another channel or trigger has', () => {
    const r = rule({
      action: 'send_email',
      filters: [
        { type: 'rate', count: 3, period: 60 },
        { type: 'path', operation: 'exists', path: 'body.a', value: 'left from before' },
        { type: 'comment', operation: 'within', value: 'x' },
        { type: 'level', operation: 'gte', value: 'error', path: 'left' },
      ],
      config: { url: 'https://a.example', service_key: 'k', users: ['1'], channel: '' },
    });
    expect(wire('webhook', r)).toEqual({
      trigger: 'new_item',
      status: 'enabled',
      action: 'send_webhook',
      filters: [
        { type: 'path', operation: 'exists', path: 'body.a' },
        { type: 'level', operation: 'gte', value: 'error' },
      ],
      config: { url: 'https://a.example' },
    });
    expect(wire('email', { ...r, trigger: 'daily_summary' }).filters).toEqual([]);
  });
  it('asks of deploys only what deploys have', () => {
    expect(typesFor('deploy').map((t) => t.type)).toEqual(['environment', 'comment']);
    expect(typesFor('new_item').map((t) => t.type)).not.toContain('comment');
  });
});

it('reads and prints the time of a summary', () => {
  expect(timeText(undefined)).toBe('08:00');
  expect(timeOf(timeText(86340))).toBe(86340);
  for (const bad of ['', '24:00', '7:5', 'x']) expect(timeOf(bad)).toBeUndefined();
});

it('says what is wrong without words for programs', () => {
  expect(plainReason('Invalid format. trigger is "x": want one of …')).toBe('trigger is "x": want one of …');
});
