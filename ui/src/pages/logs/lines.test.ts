import { expect, test } from 'vitest';

import { linesOf, nextMatch, speakerOf, type Line } from './lines';

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

test('a line says how long its message is where it has only the beginning of it', () => {
  const page = {
    base: '1000',
    columns: ['severity', 'body'],
    rows: [
      ['error', 'a'],
      ['info', 'b'],
    ],
    times: [0, 1],
    datasets: ['d', 'd'],
    next: '',
  };
  expect(linesOf({ ...page, cut: [[1, 1, 9000]] }).map((l) => l.cut)).toEqual([0, 9000]);
  expect(linesOf(page).map((l) => l.cut)).toEqual([0, 0]);
});
