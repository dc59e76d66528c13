import { describe, expect, it } from 'vitest';

import { documentOf, exceptionsOf, flat, mapOf, readDocument, type Segment, type Segments } from './xray';

const segment = (id: string, name: string, more: Partial<Segment> = {}): Segment => ({
  id,
  name,
  type: '',
  slot: 1,
  subsegment: false,
  inferred: false,
  in_progress: false,
  start: 0,
  duration: 10,
  class: 'ok',
  ...more,
});

describe('a document', () => {
  it('is read even where X-Ray allows what JSON does not', () => {
    expect(readDocument('{"a":NaN,"b":[1,-Infinity],"c":"x: NaN,"}')).toEqual({ a: 'NaN', b: [1, '-Infinity'], c: 'x: NaN,' });
    expect(readDocument('[1]')).toBeUndefined();
    expect(readDocument('{')).toBeUndefined();
  });
  const text = '{"id":"AA","subsegments":[{"id":"bb","subsegments":[{"id":"cc","name":"deep"}]}]}';
  it('has the part of a span at any depth, whatever the case of its id', () => {
    const list = [segment('x', 'other'), segment('aa', 'api', { document: text })];
    expect(documentOf(list, 'cc')?.part.name).toBe('deep');
    expect(documentOf(list, 'aa')?.part.id).toBe('AA');
    expect(documentOf(list, 'dd')).toBeUndefined();
  });
  it('says what was thrown, with stacks', () => {
    const { chain, directory } = exceptionsOf({
      cause: {
        working_directory: '/srv',
        exceptions: [{ type: 'KeyError', message: 'id', stack: [{ path: 'app.py', line: 7, label: 'home' }, {}] }],
      },
    });
    expect(directory).toBe('/srv');
    expect(chain).toEqual([{ type: 'KeyError', message: 'id', remote: false, skipped: 0, stack: ['home  app.py:7', '(unknown)  '] }]);
    expect(exceptionsOf({ cause: '0123456789abcdef' }).elsewhere).toBe('0123456789abcdef');
  });
  it('is made flat for a list', () => {
    expect(flat({ a: { b: 1 }, c: [1, { d: 2 }], e: null, f: true })).toEqual([
      ['a.b', 1],
      ['c', '1, {"d":2}'],
      ['f', true],
    ]);
  });
});

describe('the map of a trace', () => {
  it('has a node for each name and type, and an edge for all calls between two', () => {
    const s: Segments = {
      trace_id: '',
      xray_id: '',
      base: '0',
      left_out: 0,
      documents_left_out: 0,
      partial: false,
      segments: [segment('1', 'web'), segment('2', 'api', { duration: 5 }), segment('3', 'api', { duration: 9, class: 'fault' })],
      calls: [
        { from: 0, to: 1, duration: 6, class: 'ok' },
        { from: 0, to: 2, duration: 10, class: 'fault' },
      ],
    };
    const { nodes, edges } = mapOf(s);
    expect(nodes.map((n) => [n.name, n.segments, n.longest.id])).toEqual([
      ['web', 1, '1'],
      ['api', 2, '3'],
    ]);
    expect(edges).toEqual([{ from: 0, to: 1, count: 2, faults: 1, total: 16 }]);
  });
});
