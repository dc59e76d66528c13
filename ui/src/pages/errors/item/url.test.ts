import { expect, it } from 'vitest';

import { addressOf, decode, type ItemState } from './url';

const usual = decode('/errors/12', new URLSearchParams()).state;

function back(s: ItemState): { id: string; state: ItemState } {
  const [path, search = ''] = addressOf('12', s).split('?');
  return decode(path!, new URLSearchParams(search));
}

it.each<Partial<ItemState>>([
  {},
  { tab: 'people', span: '90d' },
  { which: 'typical', view: 'raw' },
  { which: '1795845970747814' },
  { tab: 'occurrences', cols: ['server.host', 'a,b'], from: '1795845000000000000', to: '1795846000000000000' },
  { tab: 'breakdown', bubble: true, swap: true },
])('reads back what it wrote: %j', (change) => expect(back({ ...usual, ...change })).toEqual({ id: '12', state: { ...usual, ...change } }));

it('leaves out what is usual', () => expect(addressOf('12', usual)).toBe('/errors/12'));

it('falls back where an address makes no sense', () => {
  const p = new URLSearchParams('tab=x&which=<b>&view=y&span=2y&from=5&to=1');
  expect(decode('/errors/12', p).state).toEqual(usual);
  expect(decode('/errors/12/<b>', p)).toEqual({ id: '12', state: usual });
  expect(decode('/errors/12/people', new URLSearchParams()).state.tab).toBe('people');
  expect(decode('/errors/1234567890123456789', p).id).toBe('');
  expect(decode('/errors/12', new URLSearchParams('from=1795846000000000000&to=1795845000000000000')).state.from).toBe('');
});

it('keeps the environment', () => expect(addressOf('12', usual, new URLSearchParams('env=prod&x=1'))).toBe('/errors/12?env=prod'));
