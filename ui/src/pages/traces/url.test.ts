import { describe, expect, it } from 'vitest';

import { decode, encode, texts, type TracesState } from './url';

const plain: TracesState = {
  from: 'now-1h',
  to: 'now',
  q: '',
  f: [],
  view: 'list',
  b: undefined,
  service: [],
  name: '',
  errors: false,
  min: '',
  max: '',
  sort: 'start',
  order: 'desc',
};

function roundTrip(s: TracesState): TracesState {
  const p = new URLSearchParams();
  for (const [name, value] of Object.entries(encode(s))) {
    for (const v of Array.isArray(value) ? value : [value]) if (v) p.append(name, v);
  }
  return decode(new URLSearchParams(p.toString()));
}

describe('the address of the Traces page', () => {
  it.each<Partial<TracesState>>([
    {},
    { from: '1773144000000000000', to: '1773147600000000000' },
    { q: 'http.route = "/a&b?c=d" AND duration_ms > 5', service: ['a b', 'ü'], name: 'GET /x', errors: true, min: '12.5', max: '900' },
    { sort: 'duration', order: 'asc' },
    { view: 'analytics', f: ['user = "ada"', 'b'], b: ['x = 1'] },
    { b: [] },
  ])('comes back whole: %j', (change) => expect(roundTrip({ ...plain, ...change })).toEqual({ ...plain, ...change }));

  it('falls back where it makes no sense', () => {
    expect(decode(new URLSearchParams('min=fast&max=-1&sort=colour&order=up&errors=yes'))).toEqual(plain);
  });

  it('is told as the texts of one set', () => {
    expect(texts({ ...plain, q: 'fault = true', f: ['user = "ada"'], service: ['a', 'b'], min: '1500' })).toEqual([
      'fault = true',
      'user = "ada"',
      'service("a") OR service("b")',
      'responsetime >= 1.5',
    ]);
  });
});
