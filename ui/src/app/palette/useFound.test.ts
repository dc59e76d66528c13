import { expect, it } from 'vitest';

import { askedOfErrors } from './useFound';

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
