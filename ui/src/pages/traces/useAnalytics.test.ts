import { describe, expect, it, vi } from 'vitest';

import * as client from '../../api/client';
import { analyse } from './useAnalytics';

const lines = (...list: unknown[]) =>
  vi.spyOn(client, 'stream').mockImplementation((_path, _body, onLine) => {
    for (const line of list) onLine(line as never);
    return Promise.resolve(list.at(-1) as never);
  });

describe('analytics', () => {
  it('tell how far they are, and give the sums at the end', async () => {
    const asked = lines(
      { type: 'progress', share: 0.25, scanned: 10, rows: 400, elapsed_ms: 3 },
      { type: 'progress', share: 0.5, scanned: 20, rows: 400, elapsed_ms: 6 },
      { type: 'done', traces: 7, sets: [], tables: [] },
    );
    const told: unknown[] = [];
    const answer = await analyse({ a: { q: [] } }, (r) => told.push(r));
    expect(answer.traces).toBe(7);
    expect(told).toEqual([
      { share: 0.25, traces: 400 },
      { share: 0.5, traces: 400 },
    ]);
    expect(asked.mock.calls[0]!.slice(0, 2)).toEqual(['traces/analytics', { a: { q: [] }, progress: true }]);
  });
});
