import { expect, it } from 'vitest';

import type { Received, ReceivedKind } from '../../api/types';
import { lastOf, linkFor, nextStep, note, wordFor } from './book';

const source = (kind: ReceivedKind, more: Partial<Received> = {}): Received => ({
  kind,
  service: 'api',
  dataset: 'api',
  protocol: 'p',
  count: 1,
  first: '1000000000',
  at: '2000000000',
  ...more,
});

it('keeps one entry for each source, the newest first', () => {
  const idOf = (r: Received): string => r.dataset;
  const list = note(note(note([], source('spans'), idOf), source('lines', { dataset: 'b' }), idOf), source('spans', { count: 7 }), idOf);
  expect(list.map((r) => [r.dataset, r.count])).toEqual([
    ['api', 7],
    ['b', 1],
  ]);
});

it.each<[Received, string, string]>([
  [source('spans', { trace_id: 'ab' }), '/trace/ab', 'Open its trace'],
  [source('segments', { trace_id: 'ab' }), '/trace/ab', 'Open its trace'],
  [source('lines', { dataset: 'a/b', trace_id: 'ab' }), '/logs?group=a%2Fb', 'Open the lines'],
  [source('errors', { item: 7, trace_id: 'ab' }), '/errors/7', 'Open the error'],
  [source('events'), '/query/api', 'Ask about them'],
  [source('metrics'), '/query/api', 'Ask about them'],
])('leads to what came', (r, to, text) => expect(linkFor(r)).toEqual([to, text]));

it.each<[ReceivedKind[], string | undefined]>([
  [[], undefined],
  [['lines'], 'spans'],
  [['segments'], 'lines'],
  [['spans', 'lines'], 'errors'],
  [['spans', 'lines', 'errors'], 'done'],
])('after %j offers %s', (kinds, want) => expect(nextStep(kinds.map((k) => source(k)))).toBe(want));

it('counts in words and knows when a kind came last', () => {
  expect([wordFor('spans', 1), wordFor('spans', 2), wordFor('lines', 1)]).toEqual(['span', 'spans', 'log line']);
  expect(lastOf([source('spans'), source('segments', { at: '5000000000' })], ['spans', 'segments'])).toBe(5000);
  expect(lastOf([source('spans')], ['lines'])).toBe(0);
});
