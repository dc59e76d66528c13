import { describe, expect, it } from 'vitest';

import { suggest, type Vocabulary } from './suggest';

const v: Vocabulary = {
  keywords: [
    { name: 'fault', kind: 'boolean', about: 'it failed' },
    { name: 'responsetime', kind: 'number', about: 'seconds' },
    { name: 'user', kind: 'string', about: 'who' },
  ],
  forms: [{ insert: 'service("…")', about: 'took part' }],
  services: ['api', 'billing'],
  fields: ['http.route', 'user.plan'],
};
const labels = (text: string): string[] => suggest(text, text.length, v).map((s) => s.label);

describe('the expression bar', () => {
  it('offers keywords and forms at the begin of a condition', () => {
    expect(labels('')).toEqual(['fault', 'responsetime', 'user', 'service("")']);
    expect(labels('fault = true AND us')).toEqual(['user', 'user.plan']);
    expect(labels('http.r')).toEqual(['http.route']);
  });
  it('offers names of services where one is asked for', () => {
    expect(labels('service("b')).toEqual(['billing']);
    expect(labels('user = "b')).toEqual([]);
  });
  it('offers true and false, and what joins conditions', () => {
    expect(labels('fault = ')).toEqual(['true', 'false']);
    expect(labels('fault = true ')).toEqual(['AND', 'OR']);
  });
  it('puts the caret where the value goes', () => {
    const [s] = suggest('us', 2, v);
    expect(s!.text).toBe('user = ""');
    expect(s!.text.slice(0, s!.caret)).toBe('user = "');
  });
});
