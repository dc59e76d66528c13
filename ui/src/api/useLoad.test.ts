import { expect, it } from 'vitest';

import { ApiError } from './client';
import { waitFor } from './useLoad';

const busy = (status: number, after?: number): ApiError => new ApiError(status, 'throttled', 'busy', undefined, undefined, after);

it.each([
  [busy(429, 3), 0, 3],
  [busy(503), 2, 4],
  [busy(503, 900), 0, 30],
  [busy(503), 5, undefined],
  [busy(400, 3), 0, undefined],
])('waits after %s, try %d: %s s', (e, tries, wait) => expect(waitFor(e, tries)).toBe(wait));
