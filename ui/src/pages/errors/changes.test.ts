import { expect, it } from 'vitest';

import { effect, words, type Change } from './changes';

it.each<[Change, number, string]>([
  [{ status: 'resolved' }, 1, '#12 resolved'],
  [{ status: 'resolved', resolved_in: '1.4' }, 3, '3 items resolved in 1.4'],
  [{ status: 'resolved', next_deploy: true }, 2, '2 items resolved by the next deploy'],
  [{ status: 'muted', mute: { seconds: 60 } }, 1, '#12 muted'],
  [{ status: 'active' }, 12_000, '12.0\u2009k items active again'],
  [{ assignee: 0 }, 1, '#12 assigned to nobody'],
  [{ assignee: 4 }, 2, '2 items assigned'],
  [{ level: 'warning' }, 1, '#12 has the level warning'],
  [{ merge: true }, 4, '4 items merged'],
  [{ delete: true }, 2, '2 items deleted'],
])('says %j of %i', (c, n, want) => expect(words(c, n, '#12')).toBe(want));

it('shows at once what a change will do', () => {
  expect(effect({ status: 'resolved', resolved_in: '1.4' })).toMatchObject({ status: 'resolved', resolved_in: '1.4', reactivated: false });
  expect(effect({ assignee: 0 })).toEqual({ assignee: null });
  expect(effect({ merge: true })).toEqual({});
});
