import { expect, it } from 'vitest';

import type { Occurrence } from '../../../api/errors';
import { curl, markdown, tracebackText } from './copy';
import { frame } from './fixture';

const traces = [
  {
    class: 'KeyError',
    message: "'user'",
    description: '',
    frames: [
      frame({ code: '  return s["user"]', line: 12, pre: ['def home():'], locals: { s: {}, token: '******' } }),
      frame({ file: 'flask/app.py', own: false, method: 'dispatch', line: 1 }),
    ],
    left_out: 3,
  },
  { class: 'ValueError', message: '', description: '', frames: [], left_out: 0 },
];

const occurrence: Occurrence = {
  id: '1',
  at: '1',
  uuid: 'u-1',
  title: 't',
  level: 'error',
  kind: 'trace',
  language: 'python',
  version: '7f3c',
  environment: 'production',
  service: '',
  dataset: 'errors',
  trace_id: '',
  span_id: '',
  traces,
  text: '',
  telemetry: [],
  payload: { request: { method: 'GET', url: 'http://x/`a`' } },
};

it('writes the chain as text', () => {
  expect(tracebackText(traces, true)).toBe(
    `KeyError: 'user'
  at home (app.py:12)
     return s["user"]
  at dispatch (flask/app.py:1)
  … 3 more

caused by ValueError`,
  );
});

it('writes Markdown that nothing from outside can break out of', () => {
  const text = markdown(
    { ...occurrence, traces: [{ ...traces[0]!, message: 'a\n```\n# not a title' }] },
    { counter: 7, title: '<script>*x*', total: 3, people: 2 },
    'http://o/errors/1',
  );
  expect(text).toContain('# #7 \\<script\\>\\*x\\*\n\n3 times, 2 people · <http://o/errors/1>');
  expect(text).toContain('- version: 7f3c');
  expect(text).toContain('````\nKeyError: a');
  expect(text).toContain('> 12   return s["user"]');
  expect(text).toContain('s = {}');
});

it('repeats a request, with secrets masked', () => {
  expect(
    curl({
      method: 'post',
      url: "https://u:p@shop/cart?id=1&api_key=k'x",
      headers: { Accept: ['a', 'b'], Authorization: 'Bearer x', Host: 'shop', 'bad name': 'x' },
      POST: { item: 3, password: 'p' },
    }),
  ).toBe(
    `curl -X POST 'https://***@shop/cart?id=1&api_key=***' \\
  -H 'Accept: a, b' \\
  -H 'Authorization: ***' \\
  --data-urlencode 'item=3' \\
  --data-urlencode 'password=***'`,
  );
  expect(curl({ url: 'http://x/', body: "it's" })).toBe(`curl 'http://x/' \\\n  --data-raw 'it'\\''s'`);
  expect([curl({}), curl({ url: 'javascript:alert(1)' }), curl({ url: 'http://x', method: 'a b' })]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
