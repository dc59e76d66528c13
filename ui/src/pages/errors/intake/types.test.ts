import { expect, it } from 'vitest';

import { grouped, namesIn, type Rejected } from './types';

const one: Rejected = {
  id: 3,
  at: 1,
  environment: '',
  path: '/api/1/item/',
  status: 403,
  reason: 'access token not found: abcd',
  remedy: 'use another',
  token: 'abcd',
  token_name: '',
  address: '10.0.0.1',
  user_agent: 'x',
  content_type: 'application/json',
  bytes: 12,
  payload: '',
  more: 2,
};

it('puts those of one reason together, the newest first', () => {
  const list = grouped([one, { ...one, id: 2, status: 413, reason: 'too large', more: 0 }, { ...one, id: 1, more: 0 }]);
  expect(list.map((g) => [g.reason, g.count, g.newest.id])).toEqual([
    ['access token not found: abcd', 4, 3],
    ['too large', 1, 2],
  ]);
});

it('reads names by lines and commas', () => expect(namesIn(' a\nb, a ,,\n c ')).toEqual(['a', 'b', 'c']));
