import { describe, expect, it } from 'vitest';

import { placeOf, suggest, valueText, type Clause } from './complete';

const fields = [
  { name: 'service.name', type: 'string', fill: 1 },
  { name: 'duration_ms', type: 'float', fill: 0.9 },
  { name: 'odd name', type: 'string', fill: 0.1 },
];
const known = {
  fields,
  calcs: [{ op: 'COUNT' }, { op: 'P99', column: 'duration_ms' }, { op: 'HEATMAP', column: 'x' }],
  by: ['service.name'],
};

/** The caret is at the bar. */
const at = (clause: Clause, text: string): ReturnType<typeof placeOf> => placeOf(clause, text.replace('|', ''), text.indexOf('|'));

describe('the place of the caret', () => {
  it.each<[Clause, string, string, string, number]>([
    ['where', '|', 'field', '', 0],
    ['where', 'ser|', 'field', 'ser', 0],
    ['where', 'service.name |', 'op', '', 13],
    ['where', 'service.name =|', 'value', '', 14],
    ['where', 'service.name = "ap|', 'value', 'ap', 15],
    ['where', 'service.name = api |', 'join', '', 19],
    ['where', 'a = 1 AND b|', 'field', 'b', 10],
    ['where', 'a exists |', 'join', '', 9],
    ['where', 'a in (x, y|', 'value', 'y', 9],
    ['where', 'NOT (a|', 'field', 'a', 5],
    ['where', '`odd na|', 'field', 'odd na', 0],
    ['where', 'a starts|', 'op', 'starts', 2],
    ['calc', 'P9|', 'calc', 'P9', 0],
    ['calc', 'P99(|)', 'field', '', 4],
    ['calc', 'COUNT, AVG(dur|', 'field', 'dur', 11],
    ['calc', 'COUNT IF (err|', 'field', 'err', 10],
    ['calc', 'COUNT IF (error = t|', 'value', 't', 18],
    ['by', 'a, b|', 'field', 'b', 3],
    ['order', 'COUNT |', 'join', '', 6],
    ['having', 'COUNT |', 'sign', '', 6],
    ['having', 'COUNT > |', 'nothing', '', 8],
  ])('in %s %s wants %s', (clause, text, kind, prefix, from) => {
    const p = at(clause, text);
    expect([p.wanted.kind, p.prefix, p.from]).toEqual([kind, prefix, from]);
  });
});

describe('suggestions', () => {
  it('offers fields by what is typed, quoted where needed', () => {
    expect(suggest(at('where', 'na|'), known).map((s) => s.insert)).toEqual(['service.name', '`odd name`']);
    expect(suggest(at('calc', 'P99(|'), known)[0]?.label).toBe('duration_ms');
  });
  it('offers no hidden field but by its whole name, and says what somebody said of a field', () => {
    const some = {
      ...known,
      fields: [
        { name: 'secret', type: 'string', fill: 1, hidden: true },
        { name: 'second', type: 'integer', fill: 0.5, hidden: false, description: 'of the minute' },
        { name: 'sec_slow', type: 'boolean', fill: 0.5, hidden: false, description: '', expression: '$second > 1' },
      ],
    };
    expect(suggest(at('where', 'sec|'), some).map((s) => `${s.label}: ${s.detail}`)).toEqual([
      'second: integer · 50 % · of the minute',
      'sec_slow: boolean · calculated',
    ]);
    expect(suggest(at('where', 'secret|'), some).map((s) => s.label)).toEqual(['secret']);
  });
  it('offers comparisons first for numbers', () => {
    expect(suggest(at('where', 'duration_ms |'), known)[0]?.label).toBe('>');
    expect(suggest(at('where', 'service.name |'), known)[0]?.label).toBe('=');
    expect(suggest(at('where', 'service.name ex|'), known).map((s) => s.label)).toContain('does-not-exist');
  });
  it('offers calculations with brackets to fill', () => {
    const p95 = suggest(at('calc', 'p95|'), known)[0];
    expect(p95).toMatchObject({ insert: 'P95()', back: 1, detail: '95 % are below' });
  });
  it('offers of a metrics dataset what can be calculated over series, and says what a metric is', () => {
    const points = {
      ...known,
      fields: [
        { name: 'requests', type: 'integer', fill: 1, metric: 'sum(cumulative,monotonic)', unit: '{request}', description: 'came in' },
      ],
    };
    const offered = (text: string, of: Parameters<typeof suggest>[1] = points): string[] =>
      suggest(at('calc', `${text}|`), of).map((s) => s.label);
    expect(offered('HIST')).toEqual(['HISTOGRAM_COUNT(…)']);
    expect(offered('RATE')).toEqual([]);
    expect(offered('CONC')).toEqual([]);
    expect(offered('HIST', { ...known, fields })).toEqual([]);
    expect(offered('RATE', { ...known, fields })).toHaveLength(3);
    expect(suggest(at('by', 'req|'), points)[0]?.detail).toBe('sum(cumulative,monotonic) in {request} · 100 % · came in');
    expect(suggest(at('with', 'x = INC|'), points).map((s) => s.label)).toEqual(['INCREASE(…)']);
    expect(suggest(at('with', 'x = INC|'), known)).toEqual([]);
  });
  it('orders by what the question has, but never by a heatmap', () => {
    expect(suggest(at('order', '|'), known).map((s) => s.label)).toEqual(['COUNT', 'P99(duration_ms)', 'service.name']);
  });
  it('quotes values that are no words', () => {
    expect([valueText('api'), valueText('/a b'), valueText('true'), valueText(3)]).toEqual(['api', '"/a b"', '"true"', '3']);
  });
});
