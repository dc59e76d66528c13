import { expect, it } from 'vitest';

import { chipsOf, decode, encode, filterOf, type ListState } from './url';

const state: ListState = {
  tab: 'muted',
  q: 'cart has:comments',
  levels: ['critical', 'error'],
  environments: ['production', 'staging'],
  frameworks: ['flask'],
  version: '7f3c',
  assignee: '12',
  seen: '7d',
  sort: 'people',
  order: 'asc',
  span: '7d',
};

function params(s: Partial<ListState>): URLSearchParams {
  const p = new URLSearchParams();
  for (const [name, v] of Object.entries(encode(s))) for (const x of [v].flat()) if (x !== undefined) p.append(name, x);
  return p;
}

it('reads back what it wrote', () => expect(decode(params(state))).toEqual(state));

it('leaves out what is usual', () => expect(params(decode(new URLSearchParams())).toString()).toBe(''));

it('falls back where an address makes no sense', () => {
  const s = decode(new URLSearchParams('tab=x&level=loud,error&sort=mood&order=up&who=<b>&seen=9y&span=1y'));
  expect(s).toEqual({ ...decode(new URLSearchParams()), levels: ['error'] });
});

it('asks for the items of a person on "mine"', () => {
  expect(filterOf({ ...state, tab: 'mine' }, 7).assignee).toBe('7');
  expect(filterOf(state, 7).assignee).toBe('12');
});

it('has a chip for each filter that takes only it away', () => {
  const chips = chipsOf(state, () => 'Ada');
  expect(chips.map(([t]) => t)).toEqual([
    'level critical',
    'level error',
    'in production',
    'in staging',
    'framework flask',
    'version 7f3c',
    'assigned to Ada',
    'seen in the last 7d',
  ]);
  expect(chips[0]![1]).toEqual({ levels: ['error'] });
});
