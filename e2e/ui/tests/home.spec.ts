import AxeBuilder from '@axe-core/playwright';

import { TraceMaker, send, traceId } from '../seed.mjs';
import { expect, test } from './server';

const minute = 60_000;

/** An hour of two services; what one of them is asked for fails since a deploy half an hour ago. */
async function hourWithADeploy(url: string): Promise<void> {
  const now = Date.now();
  const traces = [];
  for (let i = 0; i < 220; i++) {
    const at = now - 55 * minute + i * 15_000;
    if (at > now - 5_000) break;
    const bad = at > now - 30 * minute && i % 3 === 0;
    const t = new TraceMaker(traceId(1000 + i), at);
    const root = t.span('shop', 'GET /cart', 0, 40, { kind: 2, fields: { 'http.response.status_code': 200 } });
    t.span('payments', 'POST /pay', 5, i === 100 ? 900 : 20, {
      kind: 2, parent: root, fields: { 'http.response.status_code': bad ? 500 : 200 }, error: bad ? 'no route to the bank' : undefined,
      events: bad ? [{ at: 10, name: 'exception', fields: { 'exception.type': 'BankError', 'exception.message': 'no route to the bank' } }] : [],
    });
    traces.push(t);
  }
  await send(url, ...traces);
  const r = await fetch(`${url}/1/markers/__all__`, {
    method: 'POST', headers: { 'Content-Type': 'application/json', 'x-honeycomb-team': 'any-key-works' },
    body: JSON.stringify({ message: 'payments 7f3c', type: 'deploy', start_time: Math.floor((now - 30 * minute) / 1000) }),
  });
  expect(r.ok).toBe(true);
}

test.beforeEach(async ({ server }) => {
  await hourWithADeploy(server.url);
});

test('the first sentence says what broke, since which deploy, and leads to it', async ({ page, server }) => {
  await page.goto(server.url);
  await expect(page).toHaveURL(`${server.url}/`);
  await expect(page.getByRole('link', { name: 'Home', exact: true })).toHaveAttribute('aria-current', 'page');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('1 of 2 services needs attention');
  const first = page.getByRole('region', { name: 'Needs attention' }).locator('.cause').first();
  await expect(first).toHaveText(/POST \/pay: 5xx 3\d\u2009% ↑ from [\d.]+\u2009% since deploy 7f3c/);
  await expect(page.getByRole('region', { name: 'Slowest traces' }).getByRole('link', { name: /POST \/pay/ })).toContainText('900');
  await expect(page.getByRole('region', { name: 'New errors' }).getByRole('link', { name: /no route to the bank/ })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Deploys' })).toContainText('7f3c');

  await first.getByRole('link', { name: /%/ }).first().click();
  await expect(page).toHaveURL(/\/traces\?.*q=service/);
  await expect(page.getByRole('region', { name: 'Traces' }).locator('tbody tr').first()).toBeVisible();
  await page.goBack();
  await first.getByRole('link', { name: 'deploy 7f3c' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'payments' })).toBeVisible();
});

test('keys walk over the services and open one; the address keeps what is shown', async ({ page, server }) => {
  await page.goto(`${server.url}/traces`);
  await expect(page.getByRole('region', { name: 'Traces' }).locator('tbody tr').first()).toBeVisible();
  await page.keyboard.press('g');
  await page.keyboard.press('h');
  const grid = page.getByRole('grid', { name: 'Services' });
  const row = (name: string) => grid.getByRole('row', { name: new RegExp(name) });
  await expect(row('shop')).toBeVisible();

  await grid.getByRole('button', { name: /^Service/ }).click();
  await expect(page).toHaveURL(/sort=name/);
  await expect(grid.getByRole('columnheader', { name: /Service/ })).toHaveAttribute('aria-sort', 'ascending');
  await page.getByRole('heading', { level: 1 }).click();
  await page.keyboard.press('j');
  await expect(row('payments')).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('j');
  await expect(row('shop')).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('k');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'payments' })).toBeVisible();
  await page.goBack();
  await expect(row('payments')).toBeVisible();

  await page.keyboard.press('/');
  await page.keyboard.type('sho');
  await expect(row('payments')).toHaveCount(0);
  await expect(page).toHaveURL(/q=sho/);
  await page.keyboard.press('Escape');
  await page.keyboard.press('c');
  await expect(page).toHaveURL(/compare=day/);
  await page.reload();
  await expect(row('shop')).toBeVisible();
  await expect(row('payments')).toHaveCount(0);
  await expect(page.getByText('grey: the same time yesterday')).toBeVisible();
});

for (const theme of ['dark', 'light'] as const) {
  test(`axe finds nothing on Home and on a service, ${theme}`, async ({ page, server }) => {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await page.goto(server.url);
    await expect(page.getByRole('grid', { name: 'Services' }).getByRole('row', { name: /shop/ })).toBeVisible();
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    await page.setViewportSize({ width: 768, height: 900 });
    await expect(page.getByRole('region', { name: 'Needs attention' })).toBeVisible();
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    await page.goto(`${server.url}/service/payments`);
    await expect(page.getByRole('region', { name: 'Operations' }).locator('tbody tr').first()).toBeVisible();
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  });
}
