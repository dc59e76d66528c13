import { expect, it } from 'vitest';

import { levelOf } from './level';

it.each([
  ['WARNING', 'warn'],
  ['Error', 'error'],
  ['err', 'error'],
  ['CRITICAL', 'fatal'],
  ['panic', 'fatal'],
  ['fine', 'debug'],
  ['verbose', 'trace'],
  ['notice', 'info'],
  ['', 'info'],
])('%s is %s', (word, level) => expect(levelOf(word)).toBe(level));
