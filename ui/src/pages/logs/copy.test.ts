import { expect, it } from 'vitest';

import { asJSON, asMarkdown, asText } from './copy';
import { lineOf } from './lines';

const line = (body: string, severity = 'error'): ReturnType<typeof lineOf> =>
  lineOf(
    '1773144000123000000.1.0.0',
    '1773144000123000000',
    'api',
    new Map([
      ['body', body],
      ['severity', severity],
      ['service.name', 'web'],
    ]),
  );

it('is text without terminal colours', () => {
  expect(asText([line('\u001b[31mbad\u001b[0m'), line('x', 'unspecified')])).toBe(
    '2026-03-10T12:00:00.123Z ERROR web bad\n2026-03-10T12:00:00.123Z - web x',
  );
});

it('is JSON with the exact time', () => {
  expect(JSON.parse(asJSON([line('x')]))).toEqual([
    { time: '1773144000123000000', dataset: 'api', body: 'x', severity: 'error', 'service.name': 'web' },
  ]);
});

it('is a block of code that no line can close', () => {
  expect(asMarkdown([line('a ```` b')]).split('\n')).toEqual(['`````', '2026-03-10T12:00:00.123Z ERROR web a ```` b', '`````']);
});
