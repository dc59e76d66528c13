import { expect, it } from 'vitest';

import { named } from './data';

it('names the dataset that is asked, though nothing is stored in it', () => {
  const known = [{ slug: '__all__' }, { slug: 'api' }];
  expect(named('api', known)).toEqual(['api']);
  expect(named('__all__', known)).toEqual(['api']);
  expect(named('empty', known)).toEqual(['empty', 'api']);
});
