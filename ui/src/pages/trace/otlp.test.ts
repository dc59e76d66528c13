import { expect, it } from 'vitest';

import type { SpanDetail } from '../../api/types';
import { toOTLP } from './otlp';

const span = (over: Partial<SpanDetail>): SpanDetail => ({
  index: 0,
  id: 'b',
  fields: {
    'trace.trace_id': 'a',
    'trace.span_id': 'b',
    'trace.parent_id': 'c',
    'meta.signal_type': 'trace',
    'span.kind': 'client',
    'service.name': 'web',
    'library.name': 'net/http',
    name: 'GET',
    duration_ms: 1.5,
    error: true,
    status_code: 2,
    status_message: 'bad',
    rows: 7,
    share: 3,
    big: '9007199254740993',
    ok: true,
  },
  types: { rows: 'integer', share: 'float', big: 'integer', ok: 'boolean' },
  resource: ['service.name'],
  scope: ['library.name'],
  dataset: 'web',
  time: '1773144000000000001',
  events: [
    { name: 'retry', time: '1773144000000000002', kind: 0, fields: { 'trace.trace_id': 'a', 'service.name': 'web', attempt: 2 } },
    { name: 'a log line', time: '1773144000000000002', kind: 3, fields: {} },
  ],
  links: [{ trace_id: 'x', span_id: 'y' }],
  left_out: 0,
  ...over,
});

it('writes what an exporter would have sent', () => {
  expect(toOTLP([span({}), span({})]).resourceSpans).toEqual([
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'web' } }] },
      scopeSpans: [
        {
          scope: { name: 'net/http', version: '' },
          spans: Array.from({ length: 2 }, () => ({
            traceId: 'a',
            spanId: 'b',
            parentSpanId: 'c',
            name: 'GET',
            kind: 3,
            startTimeUnixNano: '1773144000000000001',
            endTimeUnixNano: '1773144000001500001',
            attributes: [
              { key: 'big', value: { intValue: '9007199254740993' } },
              { key: 'ok', value: { boolValue: true } },
              { key: 'rows', value: { intValue: '7' } },
              { key: 'share', value: { doubleValue: 3 } },
            ],
            events: [{ timeUnixNano: '1773144000000000002', name: 'retry', attributes: [{ key: 'attempt', value: { intValue: '2' } }] }],
            links: [{ traceId: 'x', spanId: 'y' }],
            status: { code: 2, message: 'bad' },
          })),
        },
      ],
    },
  ]);
});
