import { expect, it } from 'vitest';

import type { Json, Telemetry } from '../../../api/errors';
import { agoOf, before, isBad, kindOf, places, wordsOf } from './telemetry';

function entry(type: string, body: { [key: string]: Json }, level = 'info', at = ''): Telemetry {
  return { type, body, level, at, source: 'client' };
}

it.each<[Telemetry, string, string, boolean]>([
  [entry('log', { message: 'cart opened' }), 'log', 'cart opened', false],
  [entry('log', { message: 'x' }, 'error'), 'log', 'x', true],
  [entry('network', { method: 'POST', url: '/api/cart', status_code: 502 }), 'network', 'POST /api/cart 502', true],
  [entry('network', { url: '/api/cart', status_code: 0 }), 'network', 'GET /api/cart failed', true],
  [entry('navigation', { from: '/a', to: '/b' }), 'navigation', '/a → /b', false],
  [entry('navigation', { subtype: 'load' }), 'navigation', 'load', false],
  [entry('dom', { subtype: 'click', element: 'button#buy' }), 'dom', 'click button#buy', false],
  [entry('connectivity', { change: 'offline' }), 'connectivity', 'offline', false],
  [entry('rollbar-click-event', { element: 'a' }), 'other', '{element}', false],
  [entry('log', { message: { a: 1 } }), 'log', '{message}', false],
])('tells %j', (t, kind, words, bad) => expect([kindOf(t), wordsOf(t), isBad(t)]).toEqual([kind, words, bad]));

it('places entries by their time, the error at the right', () => {
  const at = '10000000000';
  const list = ['0', '5000000000', '10000000000'].map((t) => entry('log', {}, 'info', t));
  expect(places(list, at)).toEqual([0, 0.5, 1]);
  expect(before(list[1]!, at)).toBe(5);
});

it('places entries by their order where times say nothing', () =>
  expect(places([entry('log', {}), entry('log', {})], '1')).toEqual([1 / 3, 2 / 3]));

it.each([
  [1000, '−1.00\u2009s'],
  [1998, '−2.00\u2009ms'],
  [2000, '0\u2009ms'],
])('says how long before the error %j ms was', (ms, want) =>
  expect(agoOf({ at: `${ms}000000`, level: 'info', type: 'log', source: '', body: {} }, '2000000000')).toBe(want),
);
