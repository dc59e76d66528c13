import { expect, it } from 'vitest';

import { retentionDays } from '../../api/aws';
import { retentionText, rowsOf, sorted } from './groups';

const dataset = (name: string, slug: string, lines: number, grouped: number, last = '5'): Parameters<typeof rowsOf>[1][number] => ({
  name,
  slug,
  rows: lines,
  lines,
  grouped,
  first: '1',
  last,
  bytes: 10 * lines,
});
const group = (logGroupName: string, retentionInDays?: number): Parameters<typeof rowsOf>[0][number] => ({
  logGroupName,
  creationTime: 1,
  arn: '',
  ...(retentionInDays && { retentionInDays }),
});

it('joins groups with what is known of their lines', () => {
  const rows = rowsOf(
    [group('/app/web', 7), group('api'), group('empty'), group('aws/spans')],
    [dataset('/app/web', 'app-web', 3, 3), dataset('api', 'api', 2, 0, '9')],
    new Map([['api', [3600, 3600]]]),
  );
  expect(rows.map((r) => [r.name, r.slug, r.readOnly, r.retention, r.perSecond, r.last])).toEqual([
    ['/app/web', 'app-web', false, 7, 0, '5'],
    ['api', 'api', true, undefined, 2, '9'],
    ['empty', '', false, undefined, 0, ''],
  ]);
  expect(sorted(rows, 'last', true).map((r) => r.name)).toEqual(['api', '/app/web', 'empty']);
  expect(sorted(rows, 'retention', false).map((r) => r.name)).toEqual(['/app/web', 'api', 'empty']);
  expect(sorted(rows, 'name', true).map((r) => r.name)).toEqual(['empty', 'api', '/app/web']);
});

it('words every length that can be chosen', () => {
  expect(retentionDays.map(retentionText)).toEqual([...new Set(retentionDays.map(retentionText))]);
  expect([1, 30, 365, 731].map(retentionText)).toEqual(['1 day', '30 days', '1 year', '2 years']);
});
