import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

import { send, shopTrace, traceId } from '../seed.mjs';
import { expect, test } from './server';

test('works under the path prefix of a proxy, deep links too', async ({ page, server }) => {
  const id = traceId(0x77);
  await send(server.url, shopTrace(id, Date.now() - 60_000));
  const proxy = createServer((from, to) => {
    if (!from.url?.startsWith('/tools/oriel/')) {
      to.writeHead(404).end();
      return;
    }
    const up = request(server.url + from.url.slice('/tools/oriel'.length), { method: from.method, headers: from.headers }, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    });
    up.on('error', () => to.destroy());
    to.on('close', () => up.destroy());
    from.pipe(up);
  });
  await new Promise<void>((ready) => proxy.listen(0, '127.0.0.1', ready));
  const base = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/tools/oriel`;
  await page.goto(`${base}/trace/${id}`);
  await expect(page.getByRole('row', { name: /Cart\.Get/ })).toBeVisible();
  await page.getByRole('link', { name: 'Set-up' }).click();
  await expect(page).toHaveURL(`${base}/setup`);
  await page.goto(`${base}/`);
  await expect(page.getByRole('heading', { name: 'Services', exact: true })).toBeVisible(); // Home stays where it is
  await expect(page).toHaveURL(`${base}/`);
  await page.getByRole('link', { name: 'Traces', exact: true }).click();
  await expect(page).toHaveURL(`${base}/traces`);
  await page.getByRole('link', { name: /GET \/api\/cart/ }).click();
  await expect(page).toHaveURL(`${base}/trace/${id}`);
  // A page that is not there says where it is not, and is no dead end.
  await page.goto(`${base}/traces/analytics`);
  await expect(page.getByText('There is no page at /traces/analytics')).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: 'Home' }).click();
  await expect(page).toHaveURL(`${base}/`);
  await expect(page.getByRole('heading', { name: 'Services', exact: true })).toBeVisible();
  await page.goto('about:blank');
  proxy.closeAllConnections();
  proxy.close();
});
