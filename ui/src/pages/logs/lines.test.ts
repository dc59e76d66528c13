import { expect, test } from 'vitest';

import { nextMatch, speakerOf, type Line } from './lines';

test('the next line that matches is looked for on both sides, and may not be there', () => {
  const lines = ['', 'a', '', 'a', ''].map((body) => ({ body }) as Line);
  const isMatch = (l: Line): boolean => l.body === 'a';
  expect(nextMatch(lines, -1, 1, isMatch)).toBe(1);
  expect(nextMatch(lines, 1, 1, isMatch)).toBe(3);
  expect(nextMatch(lines, 3, 1, isMatch)).toBe(-1);
  expect(nextMatch(lines, 3, -1, isMatch)).toBe(1);
  expect(nextMatch(lines, 1, -1, isMatch)).toBe(-1);
});

test.each([
  ['api', '/cruddur/backend', 'api'],
  ['', '/aws/lambda/thumbs', 'thumbs'],
  ['', 'plain', 'plain'],
  ['', '/ends/', 'ends/'],
])('who says a line of the service "%s" in the group %s', (service, dataset, speaker) => {
  expect(speakerOf({ service, dataset, fields: new Map() } as unknown as Line)).toBe(speaker);
});
