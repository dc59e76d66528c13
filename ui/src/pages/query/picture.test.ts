import { describe, expect, it } from 'vitest';

import { places, wrapped } from './picture';

describe('a picture of charts', () => {
  it('breaks long texts between words', () => {
    expect(wrapped(['VISUALIZE COUNT WHERE a = 1', 'today'], (t) => t.length <= 16)).toEqual(['VISUALIZE COUNT', 'WHERE a = 1', 'today']);
    expect(wrapped(['averyveryverylongword x'], (t) => t.length <= 5)).toEqual(['averyveryverylongword', 'x']);
  });
  it('puts the entries of its legend in rows', () => {
    expect(places([40, 40, 40, 200, 10], 100)).toEqual([
      { x: 0, row: 0 },
      { x: 40, row: 0 },
      { x: 0, row: 1 },
      { x: 0, row: 2 },
      { x: 0, row: 3 },
    ]);
  });
});
