import AxeBuilder from '@axe-core/playwright';

import { seedHour, traceId } from '../seed.mjs';
import { expect, test } from './server';

test.beforeEach(async ({ server }) => {
  await seedHour(server.url);
});

test('keys choose a node, its panel opens, and the address gives the same again', async ({ page, server }) => {
  await page.goto(`${server.url}/map`);
  await expect(page.getByRole('img', { name: /^Map of \d+ nodes/ })).toBeVisible();
  await page.keyboard.press('ArrowRight');
  const panel = page.getByRole('complementary', { name: 'Node' });
  await expect(panel).toBeVisible();
  await expect(page).toHaveURL(/node=/);
  const title = await panel.getByRole('heading', { level: 2 }).innerText();
  await expect(panel.getByRole('application')).toBeVisible();

  await page.reload();
  await expect(panel.getByRole('heading', { level: 2 })).toHaveText(title);
  await page.keyboard.press('Escape');
  await expect(panel).toBeHidden();
});

test('the table says what the map draws, and a row leads back to it', async ({ page, server }) => {
  await page.goto(`${server.url}/map`);
  await expect(page.getByRole('img', { name: /^Map of/ })).toBeVisible();
  await page.keyboard.press('v');
  const table = page.getByRole('region', { name: 'Calls between services' });
  await expect(table.locator('tbody tr').first()).toBeVisible();
  await expect(page).toHaveURL(/view=table/);
  await table.getByRole('button', { name: 'call', exact: true }).first().click();
  await expect(page.getByRole('complementary', { name: 'Edge' })).toBeVisible();
  await page.goBack();
  await expect(table).toBeVisible();
});

test('a picked part of the durations leads to its traces', async ({ page, server }) => {
  await page.goto(`${server.url}/map`);
  await expect(page.getByRole('img', { name: /^Map of/ })).toBeVisible();
  await page.keyboard.press('ArrowRight');
  const bars = page.getByRole('complementary', { name: 'Node' }).getByRole('application');
  await bars.focus();
  await page.keyboard.press('ArrowRight');
  for (let i = 0; i < 40; i++) await page.keyboard.press('Shift+ArrowRight');
  await page.getByRole('button', { name: /^View traces of/ }).click();
  await expect(page).toHaveURL(/\/traces\?.*q=/);
  await expect(page.getByRole('region', { name: 'Traces' }).locator('tbody tr').first()).toBeVisible();
});

test('a service has a page that leads to its operations and neighbours', async ({ page, server }) => {
  await page.goto(`${server.url}/map`);
  await expect(page.getByRole('img', { name: /^Map of/ })).toBeVisible();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('link', { name: 'Open service' }).click();
  await expect(page).toHaveURL(/\/service\//);
  await expect(page.getByRole('region', { name: 'Operations' }).locator('tbody tr').first()).toBeVisible();
  await page.getByRole('link', { name: 'On the map' }).click();
  await expect(page.getByRole('complementary', { name: 'Node' })).toBeVisible();
});

test('a service that is not there says so, and leads on', async ({ page, server }) => {
  await page.goto(`${server.url}/service/crat`);
  await expect(page.getByRole('heading', { name: 'No service has this name' })).toBeVisible();
  await page.goto(`${server.url}/service/cart?from=now-2h&to=now-90m`);
  await expect(page.getByRole('heading', { name: 'No request reached it in this range' })).toBeVisible();
  await page.getByRole('button', { name: 'Last day' }).click();
  await expect(page.getByRole('region', { name: 'Operations' }).locator('tbody tr').first()).toBeVisible();
});

test('a trace shows both forms of its id, its map, and what X-Ray makes of a span', async ({ page, server }) => {
  const id = traceId(0x1000);
  await page.goto(`${server.url}/trace/${id}`);
  await expect(page.getByRole('button', { name: `1-${id.slice(0, 8)}-${id.slice(8)}` })).toBeVisible();
  await page.getByRole('button', { name: 'Map', exact: true }).click();
  await expect(page.getByRole('img', { name: /^Map of the \d+ services of this trace/ })).toBeVisible();
  await page.getByRole('tab', { name: 'X-Ray' }).click();
  await expect(page.getByRole('tabpanel')).toContainText('not as a document of X-Ray');
});

test('analytics narrow the traces, and compare two sets', async ({ page, server }) => {
  await page.goto(`${server.url}/traces?view=analytics`);
  const services = page.getByRole('region', { name: 'Service', exact: true });
  await expect(services.locator('tbody tr').first()).toBeVisible({ timeout: 20_000 });
  const name = await services.locator('tbody button').first().innerText();
  await page.getByRole('button', { name: 'Compare' }).click();
  await expect(page).toHaveURL(/compare=1/);
  await services.locator('tbody button').first().click();
  await expect(page.getByRole('button', { name: `Remove service("${name}") of B` })).toBeVisible();
  await page.getByRole('button', { name: 'Stop comparing' }).click();
  await expect(page).not.toHaveURL(/compare=1/);
});

for (const colorScheme of ['dark', 'light'] as const) {
  for (const path of ['/map', '/map?view=table', '/traces?view=analytics']) {
    test(`${path} has no accessibility violations in the ${colorScheme} theme`, async ({ page, server }) => {
      await page.emulateMedia({ colorScheme });
      await page.goto(`${server.url}${path}`);
      await expect(page.locator('.map-body, .analytics-tables section').first()).toBeVisible({ timeout: 20_000 });
      await expect(page.locator('[aria-busy=true]')).toHaveCount(0, { timeout: 20_000 });
      if (path === '/map') {
        await page.keyboard.press('ArrowRight');
        await expect(page.getByRole('complementary', { name: 'Node' }).getByRole('application')).toBeVisible();
      }
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`)).toEqual([]);
    });
  }
}

test('the map is filtered by an expression that is saved as a group, renamed and deleted', async ({ page, server }) => {
  await page.goto(`${server.url}/map`);
  await expect(page.getByRole('img', { name: /^Map of/ })).toBeVisible();
  const all = await page.getByRole('status').filter({ hasText: /nodes/ }).innerText();
  await page.keyboard.press('x');
  const filter = page.getByRole('combobox', { name: 'Filter' });
  await filter.fill('fault = true');
  await filter.press('Enter');
  await expect(page).toHaveURL(/q=fault/);
  await expect(page.getByRole('status').filter({ hasText: /nodes/ })).not.toHaveText(all);

  await page.getByRole('button', { name: 'Groups' }).click();
  await page.getByRole('menuitem', { name: /^Save the expression/ }).click();
  const made = page.getByRole('dialog', { name: 'Save as a group' });
  await expect(made.getByLabel('X-Ray filter expression')).toHaveValue('fault = true');
  await made.getByLabel('Name').fill('not a name');
  await made.getByRole('button', { name: 'Save' }).click();
  await expect(made.getByRole('alert')).toContainText('letters, digits and dashes');
  await made.getByLabel('Name').fill('broken');
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  await made.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('button', { name: 'Groups, broken is chosen' })).toBeVisible();

  await page.goto(`${server.url}/traces`);
  await page.getByRole('button', { name: 'Groups' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'broken' }).click();
  await expect(page.getByRole('combobox', { name: 'Filter' })).toHaveValue('fault = true');
  await page.getByRole('button', { name: 'Groups, broken is chosen' }).click();
  await page.getByRole('menuitem', { name: /^Rename or delete/ }).click();
  const groups = page.getByRole('dialog', { name: 'Groups' });
  await groups.getByRole('button', { name: 'Rename broken' }).click();
  await groups.getByLabel('Name of broken').fill('failing');
  await groups.getByRole('button', { name: 'Keep' }).click();
  await expect(groups.getByRole('cell', { name: 'failing', exact: true })).toBeVisible();
  await groups.getByRole('button', { name: 'Delete failing' }).click();
  await groups.getByRole('button', { name: 'Really delete failing' }).click();
  await expect(groups.getByText('There are no groups.')).toBeVisible();
});
