import { expect, it } from 'vitest';

import type { ErrorItem } from '../../../api/errors';
import { age, shortVersion, stateOf, titleParts, versionsOf } from './columns';

const now = 1_800_000_000_000;
const ns = (ms: number): string => `${ms}000000`;

const sample: ErrorItem = {
  id: '1',
  counter: 12,
  title: "KeyError: 'user'",
  culprit: 'home in app.py',
  environment: 'production',
  level: 'error',
  status: 'active',
  snoozed_until: '',
  platform: 'linux',
  framework: 'flask',
  language: 'python',
  first: ns(now - 3 * 86_400e3),
  last: ns(now - 12e3),
  activated: ns(now - 3 * 86_400e3),
  reactivated: false,
  resolved_in: '',
  next_deploy: false,
  total: 1204,
  people: 318,
  first_version: '',
  last_version: '',
  assignee: null,
  comments: 0,
  is_group: false,
  spark: [],
};

it.each<[Partial<ErrorItem>, string, string]>([
  [{}, 'active', 'active'],
  [{ first: ns(now - 3600e3) }, 'new', 'new'],
  [{ reactivated: true }, 'came back', 'again'],
  [{ status: 'resolved', resolved_in: '1.4' }, 'resolved in 1.4', 'resolved'],
  [{ status: 'muted' }, 'muted', 'muted'],
  [{ status: 'muted', muted_until: { at: ns(now + 3 * 3600e3), count: 20_000 } }, 'muted for 3 h or until 20.0\u2009k times', 'muted'],
  [{ snoozed_until: ns(now + 600e3) }, 'snoozed, 10 min left', 'asleep'],
  [{ snoozed_until: ns(now - 1) }, 'active', 'active'],
])('tells the state of %j', (change, word, kind) => expect(stateOf({ ...sample, ...change }, now)).toEqual({ word, kind }));

it('tells how long ago in a narrow column', () => {
  expect([age('', now), age(ns(now - 12e3), now), age(ns(now + 5e3), now), age(ns(now - 8 * 86_400e3), now)]).toEqual([
    '–',
    '12 s',
    '0.0 s',
    '8 d',
  ]);
});

it('shortens versions that are commits, and only those', () => {
  const commit = '7f3c0a1b2c3d4e5f60718293a4b5c6d7e8f90123';
  expect([shortVersion(commit), shortVersion('2026.11.28'), shortVersion('1234567')]).toEqual(['7f3c0a1', '2026.11.28', '1234567']);
  expect(versionsOf({ ...sample, first_version: '1.3', last_version: commit })).toBe('1.3 … 7f3c0a1');
  expect(versionsOf({ ...sample, first_version: '1.3', last_version: '1.3' })).toBe('1.3');
  expect(versionsOf(sample)).toBe('');
});

it.each([
  ["KeyError: 'user'", 'KeyError', ": 'user'"],
  ['psycopg.errors.UniqueViolation: duplicate key', 'psycopg.errors.UniqueViolation', ': duplicate key'],
  ['*errors.errorString: broken', '*errors.errorString', ': broken'],
  ['could not connect', '', 'could not connect'],
  ['<img src=x onerror=alert(1)>: x', '', '<img src=x onerror=alert(1)>: x'],
])('finds the class in %j', (title, cls, rest) => expect(titleParts(title)).toEqual([cls, rest]));
