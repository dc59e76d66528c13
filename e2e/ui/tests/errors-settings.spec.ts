// What is set up around errors: notifications, source maps, splits; and answers of RQL as charts.
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import AxeBuilder from '@axe-core/playwright';

import { report, seedErrors, sendErrors } from '../seed-errors.mjs';
import { expect, test } from './server';

test.use({ flags: ['-private-destinations'] });

let hook: HttpServer;
let got: { url: string; test: boolean; body: string }[] = [];
let address = '';

test.beforeEach(async ({ server }) => {
  got = [];
  hook = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      got.push({ url: request.url ?? '', test: request.headers['x-oriel-test'] === '1', body });
      response.statusCode = request.url === '/away' ? 502 : 200;
      response.end('thanks');
    });
  });
  await new Promise<void>((done) => hook.listen(0, '127.0.0.1', done));
  address = `http://127.0.0.1:${(hook.address() as AddressInfo).port}`;
  await seedErrors(server.url);
});

test.afterEach(() => hook.close());

test('a rule is tried, kept, tells, and its log says what came of it', async ({ page, server }) => {
  await page.goto(`${server.url}/errors/notifications`);
  await page.getByRole('button', { name: 'Make the first rule' }).click();
  const dialog = page.getByRole('dialog', { name: 'New rule' });
  await dialog.getByLabel('Address').fill(`${address}/here`);
  await dialog.getByRole('button', { name: 'Send a test' }).click();
  await expect(dialog.getByText('The test arrived')).toBeVisible();
  expect(got.map((g) => [g.url, g.test])).toEqual([['/here', true]]);
  await dialog.getByRole('button', { name: 'Keep' }).click();
  await expect(page.getByRole('row', { name: /a new error/ })).toContainText('level is at least error');
  await sendErrors(server.url, [report({ class: 'FreshError', at: 'fresh' })]);
  await expect.poll(() => got.filter((g) => !g.test).length).toBe(1);
  expect(got.find((g) => !g.test)!.body).toContain('FreshError');
  await page.keyboard.press('r');
  await page.getByRole('button', { name: /delivered/ }).click();
  await expect(page.getByRole('dialog', { name: 'Log of deliveries' })).toContainText('answered 200');
});

test('what fails says why, and can be sent again', async ({ page, server }) => {
  await page.goto(`${server.url}/errors/notifications`);
  await page.getByRole('heading', { name: 'Notifications' }).waitFor();
  await page.keyboard.press('c');
  const dialog = page.getByRole('dialog', { name: 'New rule' });
  await dialog.getByLabel('What', { exact: true }).selectOption('occurrence_rate');
  await dialog.getByLabel('Occurrences').fill('');
  await dialog.getByLabel('Address').fill(`${address}/away`);
  await dialog.getByRole('button', { name: 'Keep' }).click();
  await expect(dialog.getByRole('alert')).toContainText('a count from 1');
  await dialog.getByLabel('What', { exact: true }).selectOption('new_item');
  await dialog.getByRole('button', { name: 'Keep' }).click();
  await sendErrors(server.url, [report({ class: 'FreshError', at: 'fresh' })]);
  await expect.poll(() => got.length).toBe(1);
  await page.keyboard.press('r');
  await expect(page.getByText('the receiver answered 502 Bad Gateway')).toBeVisible();
  await page.getByRole('button', { name: /trying again/ }).click();
  await page.getByRole('dialog', { name: 'Log of deliveries' }).getByRole('button', { name: 'Send now' }).click();
  await expect.poll(() => got.length).toBeGreaterThan(1);
});

test('a source map is uploaded, tried and deleted', async ({ page, server }) => {
  await page.goto(`${server.url}/errors/sourcemaps`);
  const map = { version: 3, file: 'app.min.js', sources: ['cart.ts'], sourcesContent: ['add(1)'], names: [], mappings: 'AAAA' };
  await page.getByLabel('Source maps', { exact: true }).setInputFiles([
    { name: 'app.min.js.map', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(map)) },
    { name: 'notes.map', mimeType: 'application/json', buffer: Buffer.from('hello') },
  ]);
  const upload = page.getByRole('region', { name: 'Upload' });
  await expect(upload).toContainText('it is not JSON');
  await upload.getByLabel('Version').fill('1.4.2');
  await upload.getByLabel('Served below').fill('https://shop.example/assets/');
  await upload.getByRole('button', { name: 'Upload 1' }).click();
  await expect(upload).toContainText('1 kept');
  await expect(page.getByRole('region', { name: 'Maps of 1.4.2' })).toContainText('shop.example/assets/app.min.js');
  await page.getByLabel('Line of a stack trace').fill('at add (https://shop.example/assets/app.min.js:1:1)');
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Test a frame' })).toContainText('cart.ts:1');
  await page.getByLabel('Line of a stack trace').fill('https://shop.example/other.js:1:1');
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(page.getByText('It is not resolved.')).toBeVisible();
  await page.getByRole('button', { name: 'Delete the map of shop.example/assets/app.min.js' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('There is none yet.')).toBeVisible();
});

test('an item is split by a value, and that is taken back', async ({ page, server }) => {
  await page.goto(`${server.url}/errors`);
  await page.getByRole('link', { name: 'KeyError' }).click();
  await page.getByRole('tab', { name: 'Grouping' }).click();
  const form = page.getByRole('region', { name: 'Split' });
  await form.getByLabel('What tells them apart').selectOption('code_version');
  await form.getByRole('radio', { name: /1\.4\.3/ }).check();
  await expect(form).toContainText('1 of 3');
  await expect(form).toContainText('They stay here');
  await expect(form.getByRole('link', { name: 'Look at those of the past' })).toHaveAttribute('href', /code_version/);
  await form.getByRole('button', { name: 'Split', exact: true }).click();
  await expect(page.locator('.toast')).toContainText('is an item of its own from now on');
  const rules = async (): Promise<string> => ((await (await fetch(`${server.url}/api/errors/rules`)).json()) as { rules: { body: string } }).rules.body;
  expect(await rules()).toContain('1.4.3');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(rules).toBe('[]');
});

test('an address that is nothing says so; RQL’s address asks, and its answer is drawn', async ({ page, server }) => {
  await page.goto(`${server.url}/errors/nonsense`);
  await expect(page.getByRole('heading', { name: 'There is no such item' })).toBeVisible();
  await page.goto(`${server.url}/errors/rql?q=${encodeURIComponent('SELECT context, count(*) FROM item_occurrence GROUP BY context ORDER BY 2 DESC')}`);
  await expect(page.getByRole('grid', { name: 'Rows' })).toContainText('home');
  await page.getByRole('button', { name: 'Chart', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Charts' }).getByRole('listitem').first()).toContainText('home');
  await expect(page).toHaveURL(/view=chart/);
});

test('a long line of RQL is broken at the edge, and what is typed lies on its colours', async ({ page, server }) => {
  const long = `SELECT ${Array.from({ length: 60 }, (_, i) => `custom.field_${i}`).join(', ')} FROM item_occurrence`;
  await page.setViewportSize({ width: 768, height: 900 });
  await page.goto(`${server.url}/errors/rql?q=${encodeURIComponent(long)}`);
  await expect(page.locator('.iq-paper')).toContainText('custom.field_59');
  const sizes = (selector: string): Promise<number[]> =>
    page.locator(selector).evaluate((e) => [e.clientWidth, Math.max(e.scrollWidth, e.clientWidth), e.scrollHeight]);
  await expect.poll(() => sizes('.iq-text')).toEqual(await sizes('.iq-paper'));
  const [width, needed] = await sizes('.iq-text');
  expect(needed).toBe(width);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`has no barriers, ${colorScheme}`, async ({ page, server }) => {
    test.slow(); // many pages
    await page.emulateMedia({ colorScheme });
    const check = async (where: string): Promise<void> => {
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map((v) => `${where}: ${v.id}: ${v.nodes.map((n) => n.html).join('\n')}`)).toEqual([]);
    };
    for (const [channel, rule] of [
      ['webhook', { trigger: 'resolved_item', filters: [{ type: 'level', operation: 'gte', value: 'error' }], config: { url: `${address}/away` } }],
      ['slack', { trigger: 'reactivated_item', config: {} }],
      ['email', { trigger: 'daily_summary' }],
    ] as const) {
      await fetch(`${server.url}/api/errors/notifications/${channel}/rules`, { method: 'POST', body: JSON.stringify({ rule }) });
    }
    await fetch(`${server.url}/api/errors/notifications/webhook/test`, {
      method: 'POST', body: JSON.stringify({ id: 1, rule: { trigger: 'resolved_item', config: { url: `${address}/away` } } }),
    });
    await page.goto(`${server.url}/errors/notifications`);
    await expect(page.getByRole('heading', { name: 'Channels' })).toBeVisible({ timeout: 20_000 });
    await expect(page.getByText('test failed')).toBeVisible();
    await check('notifications');
    await page.getByRole('button', { name: 'New rule' }).click();
    for (const channel of ['Slack', 'PagerDuty', 'E-mail']) {
      await page.getByRole('dialog').getByRole('button', { name: channel }).click();
      await check(`new rule, ${channel}`);
    }
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /test failed/ }).click();
    await expect(page.getByRole('dialog')).toContainText('502');
    await check('log');
    await page.keyboard.press('Escape');
    await fetch(`${server.url}/api/errors/sourcemaps?version=1&minified_url=https://shop.example/app.min.js`, {
      method: 'POST', body: '{"version":3,"sources":["cart.ts"],"sourcesContent":["add(1)"],"names":[],"mappings":"AAAA"}',
    });
    await page.goto(`${server.url}/errors/sourcemaps`);
    await expect(page.getByText('shop.example/app.min.js', { exact: true })).toBeVisible();
    await check('source maps');
    await page.goto(`${server.url}/rql?view=chart&q=${encodeURIComponent('SELECT context, count(*) FROM item_occurrence GROUP BY context')}`);
    await expect(page.getByRole('region', { name: 'Charts' })).toBeVisible();
    await check('RQL as a chart');
    await page.goto(`${server.url}/errors/nonsense`);
    await expect(page.getByRole('heading', { name: 'There is no such item' })).toBeVisible();
    await check('nonsense');
  });
}
