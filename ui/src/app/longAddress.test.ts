import { afterEach, describe, expect, it, vi } from 'vitest';

import { expanded, learn, longest, shortened, split } from './longAddress';

const answers = (body: unknown) => vi.stubGlobal('fetch', vi.fn().mockResolvedValue(new Response(JSON.stringify(body))));

vi.stubGlobal('location', { search: '' });
afterEach(() => vi.mocked(fetch).mockReset?.());

describe('addresses', () => {
  it('stay as they are while they are short', async () => {
    expect(await shortened(new URL('http://x/query/a?calc=COUNT'))).toBeUndefined();
  });
  it('have an id in place of what is too long, beside their environment', async () => {
    const url = new URL(`http://x/query/a?env=prod&where=${'a'.repeat(longest)}`);
    answers({ id: 'k1' });
    expect(await shortened(url)).toBe('?env=prod&s=k1');
    expect(JSON.parse(vi.mocked(fetch).mock.calls[0]![1]!.body as string)).toEqual({ params: split(url.search).params });
    expect(expanded(new URL('http://x/query/a?env=prod&s=k1')).href).toBe(url.href);
  });
  it('are what they were when the server says what an id stands for', async () => {
    const url = new URL('http://x/query/a?s=k2');
    expect(expanded(url).href).toBe(url.href);
    answers({ id: 'k2', params: 'calc=COUNT&by=a' });
    await learn('k2', new AbortController().signal);
    expect(expanded(url).href).toBe('http://x/query/a?calc=COUNT&by=a');
  });
});
