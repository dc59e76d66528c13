import { expect, it } from 'vitest';

import type { FieldDifference } from '../../../query/bubble/bubble';
import { order } from './breakdown';

function field(name: string, change: Partial<FieldDifference> = {}): FieldDifference {
  return {
    name,
    kind: 'string',
    class: 'ranked',
    score: 0,
    headline: '',
    present: { selection: 1, baseline: 0 },
    distinct: 2,
    values: [{ value: 'web-1', selection: 3, baseline: 0 }],
    other: { selection: 0, baseline: 0 },
    ...change,
  };
}

const fields = ['zeta', 'custom.feature', 'meta.signal_type', 'error.fingerprint', 'browser', 'uuid'].map((n) => field(n));

it('shows what people ask for first, then what the sender added', () => {
  expect(order([...fields, field('always', { class: 'constant' }), field('server.host')], '').map((f) => f.name)).toEqual([
    'browser',
    'server.host',
    'custom.feature',
    'zeta',
    'always',
  ]);
});

it('finds fields and values', () => {
  expect(order(fields, 'WEB-1')).toHaveLength(3);
  expect(order(fields, 'feat').map((f) => f.name)).toEqual(['custom.feature']);
});
