import { afterEach, expect, it, vi } from 'vitest';

import { stream, StreamError } from './client';

afterEach(() => vi.unstubAllGlobals());

/** A server whose answer comes in these pieces. */
function answers(...pieces: string[]): void {
  vi.stubGlobal('location', { search: '' });
  const body = new ReadableStream<Uint8Array>({
    start: (to) => {
      for (const piece of pieces) to.enqueue(new TextEncoder().encode(piece));
      to.close();
    },
  });
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(body)));
}

it('gives each line of a stream, however it is cut into pieces', async () => {
  answers('{"type":"pl', 'an"}\n{"type":"progress","share":0.5}\n\n', '{"type":"done"}');
  const lines: unknown[] = [];
  const last = await stream<{ type: 'plan' | 'progress' } | { type: 'done' }>('query', {}, (line) => lines.push(line));
  expect(last).toEqual({ type: 'done' });
  expect(lines).toEqual([{ type: 'plan' }, { type: 'progress', share: 0.5 }, { type: 'done' }]);
});

it('says when an answer breaks off', async () => {
  answers('{"type":"progress","share":0.25}\n');
  await expect(stream('query', {}, () => undefined)).rejects.toThrow('broke off');
});

it('throws what a line says is wrong, and where', async () => {
  answers(
    '{"type":"plan"}\n{"type":"error","error":{"kind":"invalid","message":"there is no keyword x","request_id":"r1"},"range":[3,4]}\n',
  );
  const lines: unknown[] = [];
  const failed = await stream('query', {}, (line) => lines.push(line)).catch((e: unknown) => e);
  expect(failed).toBeInstanceOf(StreamError);
  expect(failed).toMatchObject({ message: 'there is no keyword x', kind: 'invalid', requestId: 'r1', range: [3, 4] });
  expect(lines).toEqual([{ type: 'plan' }]);
});
