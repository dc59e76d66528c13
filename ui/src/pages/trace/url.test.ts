import { expect, it } from 'vitest';

import { decode, encode, type TraceState } from './url';

const plain = decode(new URLSearchParams());

it.each<Partial<TraceState>>([
  {},
  { view: 'flame', span: 'abc', root: 'def', find: 'a&b=c', zoom: '5-9' },
  { matchesOnly: true, errorsOnly: true, foldRepeats: false, critical: false, logs: false, atLeast: true, keepClocks: true, heavy: true },
  { hidden: ['a b', 'c'] },
])('the address of the Trace page comes back whole: %j', (change) => {
  const p = new URLSearchParams();
  for (const [name, value] of Object.entries(encode({ ...plain, ...change })))
    for (const v of Array.isArray(value) ? value : [value]) if (v) p.append(name, v);
  expect(decode(new URLSearchParams(p.toString()))).toEqual({ ...plain, ...change });
});

it('falls back where an address makes no sense', () =>
  expect(decode(new URLSearchParams('view=spiral&only=yes&repeats=1'))).toEqual(plain));
