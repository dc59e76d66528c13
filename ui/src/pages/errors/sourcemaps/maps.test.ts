import { describe, expect, it } from 'vitest';

import { byVersion, frameOf, readMap, urlFor, type SourceMap } from './maps';

describe('urlFor', () => {
  for (const [prefix, name, file, want] of [
    ['https://a.example/js/', 'app.min.js.map', undefined, 'https://a.example/js/app.min.js'],
    ['https://a.example/js', 'x.map', 'app.js', 'https://a.example/js/app.js'],
    ['https://a.example/js', 'x.map', './chunks/app.js', 'https://a.example/js/chunks/app.js'],
    ['https://a.example', 'x.map', 'https://cdn.example/app.js', 'https://cdn.example/app.js'],
    ['', 'app.min.js.map', undefined, 'app.min.js'],
  ] as const) {
    it(`${prefix} ${name} ${file ?? ''}`, () => expect(urlFor(prefix, name, file)).toBe(want));
  }
});

describe('frameOf', () => {
  for (const [text, want] of [
    ['at pay (https://a.example/app.min.js:1:2034)', { method: 'pay', file: 'https://a.example/app.min.js', line: 1, column: 2034 }],
    ['    at https://a.example/app.min.js:1:20', { method: '', file: 'https://a.example/app.min.js', line: 1, column: 20 }],
    ['pay@https://a.example:8080/app.min.js:1:20', { method: 'pay', file: 'https://a.example:8080/app.min.js', line: 1, column: 20 }],
    ['at async Object.pay (app.js:3:4)', { method: 'Object.pay', file: 'app.js', line: 3, column: 4 }],
    ['app.min.js:1', { method: '', file: 'app.min.js', line: 1, column: -1 }],
    ['no frame', undefined],
    ['', undefined],
  ] as const) {
    it(text || '(nothing)', () => expect(frameOf(text)).toEqual(want));
  }
});

describe('readMap', () => {
  it('says what is wrong', () => {
    expect(readMap('x')).toEqual({ problem: 'it is not JSON' });
    expect(readMap('{"a":1}')).toHaveProperty('problem');
    expect(readMap('null')).toHaveProperty('problem');
  });
  it('reads what the map says', () => {
    expect(readMap(')]}\'\n{"version":3,"file":"a.js","sources":["a.ts"],"sourcesContent":[null]}')).toEqual({
      file: 'a.js',
      sources: 1,
      withTexts: false,
    });
  });
});

it('puts maps under their versions', () => {
  const m = (version: string, id: number): SourceMap => ({ id, version }) as SourceMap;
  expect(byVersion([m('2', 1), m('1', 2), m('2', 3)]).map(([v, l]) => [v, l.length])).toEqual([
    ['2', 2],
    ['1', 1],
  ]);
});
