import { describe, expect, it } from 'vitest';

import { TextError } from './lex';
import { parseCalcs, parseHavings, parseOrders, parseQuestion, parseSeconds, parseWhere } from './parse';
import { questionText, whereText } from './print';
import { Exact } from './question';
import { fromSpec, pasted, toSpec } from './spec';

const lines = [
  'VISUALIZE COUNT',
  'VISUALIZE P99(duration_ms), COUNT WHERE service.name = "api" AND duration_ms > 100 GROUP BY http.route ORDER BY P99(duration_ms) DESC LIMIT 20 LAST 1h',
  'VISUALIZE COUNT IF (error = true) AS errors, COUNT AS total WHERE a = 1 OR b = "x" HAVING `errors` > 3 LAST 2d',
  'VISUALIZE HEATMAP(duration_ms) WHERE (a = 1 OR b = 2) AND c does-not-exist GRANULARITY 60s FROM 1700000000 TO 1700007200',
  'VISUALIZE COUNT_DISTINCT(user.id) GROUP BY `odd name`, x ORDER BY x FROM 1700000000 FOR 90m COMPARE 1d UNWEIGHTED',
  'VISUALIZE COUNT LAST 1h COMPARE previous',
  'VISUALIZE COUNT LAST 1h COMPARE 36h',
  'VISUALIZE COUNT LAST 1h COMPARE 5401s UNWEIGHTED',
  'VISUALIZE CONCURRENCY, RATE_SUM(n) WHERE name not-in ("a", "b") AND x starts-with "y"',
  'VISUALIZE COUNT WHERE NOT (a = 1 AND b = 2) OR `in` <> "quo\\"te" OR x matches "^/[a-z]+$"',
  'VISUALIZE COUNT IF (a = 1 OR b = 2) ORDER BY `COUNT` LIMIT 5',
  'VISUALIZE AVG(`say \\`hi\\``) WHERE n = 9007199254740993 AND f = 200.0 AND t = true AND s = "200"',
];

describe('one line of text', () => {
  it.each(lines)('comes back the same: %s', (line) => {
    const { question, span } = parseQuestion(line);
    expect(questionText(question, span)).toBe(line);
  });
  it.each(lines)('survives the way through a specification: %s', (line) => {
    const { question, span } = parseQuestion(line);
    const spec = toSpec(question, span);
    const back = fromSpec(line.includes('200.0') ? spec : (JSON.parse(JSON.stringify(spec)) as Record<string, unknown>));
    expect(questionText(back.question, back.span)).toBe(line);
  });
  it('takes clauses in any order, in any case, with units', () => {
    const { question, span } = parseQuestion('last 90m where duration_ms > 1.5s and not size < 2kib visualize count');
    expect(questionText(question, span)).toBe('VISUALIZE COUNT WHERE duration_ms > 1500 AND NOT size < 2048 LAST 90m');
  });
  it.each([
    ['COUNT', 0],
    ['VISUALIZE COUNT WHERE a ~ 1', 24],
    ['VISUALIZE COUNT WHERE a = ', 26],
    ['VISUALIZE FOO', 10],
    ['VISUALIZE P99', 13],
    ['VISUALIZE COUNT LIMIT 0', 22],
    ['VISUALIZE COUNT VISUALIZE COUNT', 16],
    ['VISUALIZE COUNT WHERE a = "x', 26],
    ['VISUALIZE COUNT WHERE a = 5parsecs', 26],
    ['VISUALIZE COUNT COMPARE 401d', 24],
    ['VISUALIZE COUNT COMPARE 0.1s', 24],
    ['VISUALIZE COUNT COMPARE sometime', 24],
  ])('points at what is wrong in %s', (text, at) => {
    try {
      parseQuestion(text);
      expect.unreachable();
    } catch (e) {
      expect(e).toBeInstanceOf(TextError);
      expect((e as TextError).at).toBe(at);
    }
  });
});

describe('parts', () => {
  it('keeps one level as chips and deeper parts as text', () => {
    expect(parseWhere('a = 1 AND b exists')).toEqual({
      any: false,
      terms: [
        { column: 'a', op: '=', value: 1 },
        { column: 'b', op: 'exists' },
      ],
    });
    const nested = parseWhere('a = 1 AND (b = 2 OR c = 3)');
    expect(nested.terms).toEqual([
      { column: 'a', op: '=', value: 1 },
      { text: 'b = 2 OR c = 3', joined: true },
    ]);
    expect(whereText(nested)).toBe('a = 1 AND (b = 2 OR c = 3)');
  });
  it('keeps numbers exact', () => {
    expect(parseWhere('a = 9007199254740993').terms).toEqual([{ column: 'a', op: '=', value: new Exact('9007199254740993') }]);
    expect(parseWhere('a in (1, 1.50, "x")').terms).toEqual([{ column: 'a', op: 'in', value: [1, new Exact('1.50'), 'x'] }]);
  });
  it('reads lists of calculations, orders and havings', () => {
    expect(parseCalcs('count, p99(duration_ms) as slow')).toEqual([
      { op: 'COUNT', column: undefined },
      { op: 'P99', column: 'duration_ms', name: 'slow' },
    ]);
    expect(parseOrders('COUNT desc, route', [])).toEqual([
      { op: 'COUNT', desc: true },
      { column: 'route', desc: false },
    ]);
    expect(parseOrders('COUNT', ['COUNT'])).toEqual([{ column: 'COUNT', desc: false }]);
    expect(parseHavings('AVG(duration_ms) >= 1.5s')).toEqual([{ op: 'AVG', column: 'duration_ms', sign: '>=', value: 1500 }]);
    expect(['30', '15m', '1.5h', '1w'].map(parseSeconds)).toEqual([30, 900, 5400, 604800]);
    expect(() => parseSeconds('5mb')).toThrow(/length of time/);
  });
});

describe('specifications', () => {
  it('reads what Honeycomb writes, lists as text and unknown members too', () => {
    const { question, span } = fromSpec({
      breakdowns: ['service.name'],
      calculations: [{ op: 'COUNT' }, { op: 'P95', column: 'duration_ms' }],
      filters: [
        { column: 'name', op: 'in', value: 'a, b' },
        { column: 'x', op: 'search', value: ['one', 'two'] },
      ],
      filter_combination: 'AND',
      orders: [{ op: 'COUNT', order: 'descending' }],
      havings: [{ calculate_op: 'COUNT', op: '>', value: 3 }],
      limit: 10,
      time_range: 7200,
      formulas: [{ name: 'f', expression: '$a' }],
      calculated_fields: [],
    });
    expect(questionText(question, span)).toBe(
      'VISUALIZE COUNT, P95(duration_ms) FORMULA f AS ($a) WHERE name in ("a", "b") AND x search "one" AND x search "two" GROUP BY service.name ORDER BY COUNT DESC HAVING COUNT > 3 LIMIT 10 LAST 2h',
    );
    expect(question.rest).toEqual({ formulas: [{ name: 'f', expression: '$a' }] });
    expect(toSpec(question, span).formulas).toEqual([{ name: 'f', expression: '$a' }]);
  });
  it('joins filters and a condition in text', () => {
    const { question } = fromSpec({
      filters: [
        { column: 'a', op: '=', value: 1 },
        { column: 'b', op: '=', value: 2 },
      ],
      filter_combination: 'OR',
      where: 'c = 3 OR d = 4',
    });
    expect(whereText(question.where)).toBe('(a = 1 OR b = 2) AND (c = 3 OR d = 4)');
  });
  it('compares in Honeycomb’s member where that has the length', () => {
    const of = (text: string): unknown => toSpec(parseQuestion(`VISUALIZE COUNT COMPARE ${text}`).question);
    const calculations = [{ op: 'COUNT' }];
    expect(of('24h')).toEqual({ calculations, compare_time_offset_seconds: 86400 });
    expect(of('36h')).toEqual({ calculations, compare: '36h' });
    expect(of('previous')).toEqual({ calculations, compare: 'previous' });
    expect(() => fromSpec({ compare: 'whenever' })).toThrow(/length of time/);
  });
  it('takes pasted specifications and links', () => {
    const spec = { calculations: [{ op: 'COUNT' }], breakdowns: ['x'] };
    const want = 'VISUALIZE COUNT GROUP BY x';
    expect(questionText(pasted(JSON.stringify(spec))!.question)).toBe(want);
    expect(questionText(pasted(JSON.stringify({ query: spec }))!.question)).toBe(want);
    expect(questionText(pasted(`https://ui.example.com/t/datasets/d?query=${encodeURIComponent(JSON.stringify(spec))}`)!.question)).toBe(
      want,
    );
    expect(pasted('service.name = "x"')).toBeUndefined();
    expect(() => pasted('{"calculations":[{"op":"NOPE"}]}')).toThrow(/NOPE/);
  });
});
