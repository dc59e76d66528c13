import { expect, it } from 'vitest';

import { asCurl } from './curl';

it('writes method, address and headers, and masks secrets', () => {
  expect(
    asCurl({
      'http.request.method': 'POST',
      'url.full': "https://bob:pw@shop.example/cart?item=1&access_token=abc&q=it's",
      'http.request.header.content_type': '["application/json"]',
      'http.request.header.authorization': 'Bearer abc',
      'http.request.header.x_api_key': 'k',
      'user_agent.original': 'probe/1',
    }),
  ).toBe(
    [
      "curl -X POST 'https://***@shop.example/cart?item=1&access_token=***&q=it'\\''s'",
      "-H 'authorization: ***'",
      "-H 'content-type: application/json'",
      "-H 'x-api-key: ***'",
      "-A 'probe/1'",
    ].join(' \\\n  '),
  );
});

it.each([
  [{ 'http.method': 'GET', 'http.url': 'http://a/b' }, "curl 'http://a/b'"],
  [
    { 'http.request.method': 'GET', 'server.address': 'a', 'server.port': 8080, 'url.path': '/x', 'url.query': 'y=1' },
    "curl 'http://a:8080/x?y=1'",
  ],
  [
    { 'http.request.method': 'HEAD', 'url.scheme': 'https', 'server.address': 'a', 'server.port': 443, 'url.path': '/' },
    "curl -I 'https://a/'",
  ],
])('of %j', (fields, command) => expect(asCurl(fields as Record<string, string>)).toBe(command));

it.each([
  {},
  { 'http.request.method': 'GET', 'url.path': '/x' },
  { 'url.full': 'http://a' },
  { 'http.request.method': 'GET; rm', 'url.full': 'http://a' },
])('is nothing for %j', (fields) => expect(asCurl(fields as Record<string, string>)).toBeUndefined());
