import { describe, expect, it } from 'vitest';

import { parseQuestion } from '../../query/parse';
import { questionText } from '../../query/print';
import { decodeSelections, encodeSelections, forServer, type Selection } from '../../query/bubble/selection';
import { decode, encodeQuestion, encodeView, pathOf, rangeOf } from './url';

function params(p: Record<string, string | string[] | undefined>): URLSearchParams {
  const out = new URLSearchParams();
  for (const [name, v] of Object.entries(p)) for (const x of Array.isArray(v) ? v : v === undefined ? [] : [v]) out.append(name, x);
  return new URLSearchParams(out.toString());
}

describe('the address', () => {
  it.each([
    'VISUALIZE COUNT',
    'VISUALIZE P99(duration_ms), COUNT IF (error = true AND a = 1) AS `the errors` WHERE service.name in ("a, b", "c") GROUP BY `odd, name`, x ORDER BY P99(duration_ms) DESC, x HAVING `the errors` > 3.5 LIMIT 7 GRANULARITY 60s COMPARE 1d UNWEIGHTED',
    'VISUALIZE HEATMAP(duration_ms) WHERE (a = 1 OR b = "x & y = z") AND NOT c > 1',
  ])('holds a whole question: %s', (line) => {
    const { question } = parseQuestion(line);
    expect(questionText(decode(params(encodeQuestion(question))).question)).toBe(line);
  });
  it('holds the view, and defaults are left out', () => {
    const sel: Selection[] = [{ type: 'filter', text: 'a = "b:c"' }];
    const cols = ['b', 'a, c'];
    const view = {
      tab: 'traces',
      draw: 'stacked',
      log: true,
      sel,
      swap: true,
      bubble: true,
      cols,
      sort: '-COUNT',
      find: 'a&b',
      tsort: 'spans',
      oldest: true,
      event: 'x1',
      from: 'now-3h',
      to: 'now',
    } as const;
    expect(decode(params(encodeView({ ...view })))).toMatchObject(view);
    expect(encodeView({ tab: 'results', draw: 'lines', log: false, sel: [], swap: false })).toEqual({
      tab: undefined,
      draw: undefined,
      log: undefined,
      sel: [],
      swap: undefined,
    });
  });
  it('names what makes no sense and goes on without it', () => {
    const s = decode(params({ calc: 'FOO(x)', where: 'a = 1', limit: '-3', tab: 'nope', sel: 'x' }));
    expect(s.question.calcs).toEqual([]);
    expect(s.question.where.terms).toHaveLength(1);
    expect(s.ignored).toHaveLength(2);
    expect([s.tab, s.sel]).toEqual(['results', []]);
    expect(decode(new URLSearchParams()).asked).toBe(false);
  });
  it("opens Honeycomb's template links", () => {
    const s = decode(params({ query: JSON.stringify({ calculations: [{ op: 'COUNT' }], breakdowns: ['x'], time_range: 600 }) }));
    expect([questionText(s.question), s.from, s.to]).toEqual(['VISUALIZE COUNT GROUP BY x', 'now-10m', 'now']);
  });
  it('takes times in every form of a specification', () => {
    expect(rangeOf({ start: 1, end: 2 })).toEqual({ from: '1000000000', to: '2000000000' });
    expect(rangeOf({ start: 100, range: 50 })).toEqual({ from: '100000000000', to: '150000000000' });
    expect(rangeOf({ end: 8000 })).toEqual({ from: '800000000000', to: '8000000000000' });
    expect(rangeOf({ range: 86400 })).toEqual({ from: 'now-1d', to: 'now' });
    expect(rangeOf({})).toBeUndefined();
  });
  it('reads datasets and results from the path', () => {
    expect(pathOf('/query')).toEqual({ dataset: '', result: '' });
    expect(pathOf('/query/a%20b')).toEqual({ dataset: 'a b', result: '' });
    expect(pathOf('/r/x1')).toEqual({ dataset: '', result: 'x1' });
    expect(pathOf('/query/%')).toEqual({ dataset: '%', result: '' });
  });
});

describe('selections', () => {
  const all: Selection[] = [
    {
      type: 'range',
      column: 'a:b',
      rectangles: [
        { start: '1', end: '2', min: 0.5, max: 100 },
        { start: '3', end: '9', min: -Infinity, max: Infinity },
      ],
    },
    {
      type: 'groups',
      groups: [
        { 'service.name': 'x', n: 3 },
        { 'service.name': null, n: 4 },
      ],
    },
    { type: 'filter', text: 'a = "b"' },
    { type: 'traces', ids: ['a1', 'b2'] },
  ];
  it.each(all)('$type comes back the same', (s) => expect(decodeSelections(encodeSelections([s]))).toEqual([s]));
  it('leaves out nonsense and mixtures', () => {
    expect(decodeSelections(['r:5:2:1:2:x', 'g:[', 'g:{"a":{}}', 'f:', 't:a b'])).toEqual([]);
    expect(decodeSelections(['f:a = 1', 't:x'])).toEqual([{ type: 'filter', text: 'a = 1' }]);
  });
  it('says no bound by none', () => {
    expect(forServer(all[0]!)).toEqual({
      type: 'range',
      column: 'a:b',
      rectangles: [
        { start: '1', end: '2', min: 0.5, max: 100 },
        { start: '3', end: '9' },
      ],
    });
  });
});
