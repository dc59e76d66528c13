import { expect, test } from 'vitest';

import type { Attention, Cause, SentencePart } from '../../api/home';
import { aroundMoment, leadOf, sentencesOfEach } from './lead';

const cause = (c: Partial<Cause>): Cause => ({
  kind: 'failing',
  level: 'broken',
  operation: 'GET /',
  operations: 0,
  since: '1700000000000000000',
  deploy: '',
  item: '',
  trace: '',
  sentence: [],
  ...c,
});
const part = (is: SentencePart['is'], at = ''): SentencePart => ({ text: 'x', is, at });
const range = { from: 'now-1h', to: 'now' };
const until = '1700003600000000000';

function lead(p: SentencePart, c: Cause): string {
  return decodeURIComponent(leadOf(p, c, 'api', range, until) ?? '').replaceAll('+', ' ');
}

test('what it is leads to the traces that are so, since then', () => {
  expect(lead(part('now'), cause({}))).toBe(
    '/traces?from=1700000000000000000&to=now&q=service.name = "api" AND name = "GET /"&f=service("api") { fault = true }',
  );
  expect(lead(part('now'), cause({ kind: 'slow', since: '' }))).toBe(
    '/traces?from=now-1h&to=now&q=service.name = "api" AND name = "GET /"&sort=duration',
  );
  expect(lead(part('now'), cause({ kind: 'refusing', operation: '' }))).toContain(
    'q=service.name = "api"&f=service("api") { error = true }',
  );
});

test('what single requests show leads to one of them', () => {
  expect(lead(part('now'), cause({ kind: 'repeating', trace: '7f' }))).toBe('/trace/7f');
  expect(lead(part('operation'), cause({ kind: 'uneven', trace: '7f' }))).toContain('sort=duration');
});

test('a moment and a deploy lead to the service around it', () => {
  expect(lead(part('deploy', '1700000000000000000'), cause({}))).toBe('/service/api?from=1699998200000000000&to=1700001800000000000');
  expect(aroundMoment('1700003000000000000', until).to).toBe('now');
});

test('an error leads to its item, refused data to the set-up page, words nowhere', () => {
  expect(lead(part('error'), cause({ kind: 'new_error', item: '7' }))).toBe('/errors/7');
  expect(lead(part('now'), cause({ kind: 'new_error', item: '7' }))).toBe('/errors/7');
  expect(lead(part('path'), cause({ kind: 'intake' }))).toBe('/setup');
  expect(leadOf(part(''), cause({}), 'api', range, until)).toBeUndefined();
});

test('a few services show all that is wrong with them', () => {
  const needs = (causes: number): Attention => ({ service: 'web', slot: 1, score: 1, more: 0, causes: Array<Cause>(causes) });
  expect([needs(7), needs(3), needs(1)].map((_, i, list) => sentencesOfEach(list.slice(0, i + 1)))).toEqual([7, 10, 11]);
  expect(sentencesOfEach([needs(7), needs(7), needs(1)])).toBe(3);
});
