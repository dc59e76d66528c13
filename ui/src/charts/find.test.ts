import { expect, it } from 'vitest';

import { find } from './find';
import { traceOf } from './fixture';

const t = traceOf(`
web GET/home 0 100
  db SELECT 10 30 !
  db INSERT 50 20
  cache get 80 0.5
`);

const found = (term: string): number[] => [...(find(t, term) ?? [])].flatMap((m, i) => (m ? [i] : []));

it.each([
  ['select', [1]],
  ['DB', [1, 2]],
  ['name:ge', [0, 3]],
  ['service:db', [1, 2]],
  ['duration>25ms', [0, 1]],
  ['duration>25', [0, 1]],
  ['duration<=500us', [3]],
  ['start >= 50ms', [2, 3]],
  ['/^(select|insert)$/', [1, 2]],
  ['error:true', [1]],
  ['id:s2', [2]],
  ['depth=0', [0]],
  ['duration>1parsec', []],
  ['/(/', []],
  ['nothing', []],
])('finds %s', (term, spans) => expect(found(term)).toEqual(spans));

it('has nothing to say about an empty term', () => expect(find(t, '  ')).toBeUndefined());
