import { expect, it } from 'vitest';

import type { Found } from '../../api/types';
import { askedOfErrors, placeOf } from './useFound';

it.each([
  ['#12', { q: '#12' }],
  ['#cart timeout', { q: 'cart timeout' }],
  ['b0e49890-d9fc-4fcb-a8c0-e02def622de6', { uuid: 'b0e49890-d9fc-4fcb-a8c0-e02def622de6' }],
  ['b0e49890d9fc4fcba8c0e02def622de6', { uuid: 'b0e49890d9fc4fcba8c0e02def622de6' }],
  ['KeyError', { q: 'KeyError' }],
  ['#', undefined],
  ['ab', undefined],
  ['>resolve', undefined],
  ['@web', undefined],
  ['duration_ms > 5', undefined],
  ['https://x/y', undefined],
])('asks for errors with %j', (text, want) => expect(askedOfErrors(text)).toEqual(want));

it('a result and a saved query lead to Query', () => {
  const found = (f: Partial<Found>): string =>
    placeOf({ at: '1', environment: 'test', kind: 'result', spans: 0, service: '', name: '', dataset: 'my shop', ...f });
  expect(found({ result: '4GRbMLi8CpwX' })).toBe('/r/4GRbMLi8CpwX');
  const query = new URL(found({ kind: 'query', query: { breakdowns: ['name'] } }), 'http://o');
  expect([query.pathname, query.searchParams.get('query')]).toEqual(['/query/my%20shop', '{"breakdowns":["name"]}']);
});
