import { describe, expect, it } from 'vitest';

import { parseWhere } from '../../query/parse';
import { addressOf, datasetOf, decode, levelCondition, whole, type LogsState } from './url';

const plain = decode(new URLSearchParams());
const back = (s: Partial<LogsState>): LogsState => decode(new URL(addressOf('logs', { ...plain, ...s }), 'http://x').searchParams);

describe('the address of the Logs search', () => {
  it.each<Partial<LogsState>>([
    {},
    { from: '1773144000000000000', to: '1773147600000000000', q: '{ $.status = 5* && $.user = "ü&=#" }' },
    { groups: ['web', 'aws-lambda-x'], levels: ['fatal', 'none'], where: ['service.name = "a b"', 'x > 5 OR y < 2'] },
    { cols: ['user.id', 'http.status'], wrap: true, order: 'asc', line: '1773144000000000000.17.0.0', panel: 'context' },
    { at: '1773144000000000000.-9223372036854775808.0.0' },
    {
      sel: [{ type: 'range', column: '', rectangles: [{ start: '5', end: '9', min: -Infinity, max: Infinity }] }],
      bubble: true,
      swap: true,
    },
  ])('comes back whole: %j', (s) => expect(back(s)).toEqual({ ...plain, ...s }));

  it('falls back where it makes no sense', () => {
    expect(decode(new URLSearchParams('line=here&at=1.2&level=loud,,&panel=x&order=up&wrap=yes&where=%20&group=a,b'))).toEqual(plain);
  });
});

describe('the condition of all filters', () => {
  it.each([
    [[], undefined],
    [['error'], 'severity in ("error")'],
    [['error', 'none'], '(severity in ("error") OR severity does-not-exist OR severity = "unspecified")'],
    [['none'], '(severity does-not-exist OR severity = "unspecified")'],
    [['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'none'], undefined],
  ] as const)('levels %j', (levels, want) => expect(levelCondition(levels)).toBe(want));

  it('joins what stands beside each other, and is one the server reads', () => {
    const text = whole({ levels: ['error'], where: ['a = 1 OR b = 2', 'c = 3'] });
    expect(text).toBe('meta.signal_type = "log" AND severity in ("error") AND (a = 1 OR b = 2) AND c = 3');
    expect(() => parseWhere(text)).not.toThrow();
  });

  it('names datasets with commas between', () => expect([datasetOf([]), datasetOf(['a', 'b'])]).toEqual(['__all__', 'a,b']));
});
