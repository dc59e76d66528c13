// Errors: items, changes and the way back, an item's page, RQL, rules, what was turned away.
import AxeBuilder from '@axe-core/playwright';

import { seedErrors } from '../seed-errors.mjs';
import { expect, test } from './server';

test.beforeEach(async ({ page, server }) => {
  await seedErrors(server.url);
  await page.goto(`${server.url}/errors`);
  await expect(page.getByRole('link', { name: 'KeyError' })).toBeVisible();
});

test('keys walk over items, resolve one and take it back', async ({ page }) => {
  const rows = page.locator('.vrow .erow');
  await expect(rows).toHaveCount(4);
  await page.keyboard.press('j');
  await expect(rows.first()).toHaveClass(/focused/);
  await page.keyboard.press('e');
  await expect(rows).toHaveCount(3);
  await expect(page.locator('.toast')).toContainText('resolved');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(rows).toHaveCount(4);
});

test('several are picked by key, with Shift a range, and muted at once', async ({ page }) => {
  const rows = page.locator('.vrow .erow');
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('X');
  await expect(page.getByText('3 selected')).toBeVisible();
  await page.keyboard.press('m');
  await page.getByRole('menuitem', { name: 'For 1 hour', exact: true }).click();
  await expect(rows).toHaveCount(1);
  await page.getByRole('button', { name: /^Muted/ }).click();
  await expect(rows).toHaveCount(3);
});

test('search and filters are in the address', async ({ page, server }) => {
  await page.keyboard.press('/');
  await page.getByRole('textbox', { name: 'Search items' }).fill('context:stock');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/q=context%3Astock/);
  await expect(page.locator('.vrow .erow')).toHaveCount(1);
  await page.goto(`${server.url}/errors?in=staging`);
  await expect(page.getByRole('link', { name: 'ValueError' })).toBeVisible();
  await page.getByRole('button', { name: 'Remove in staging' }).click();
  await expect(page.locator('.vrow .erow')).toHaveCount(4);
  await page.goto(`${server.url}/errors?q=nothing+is+called+this`);
  await expect(page.getByRole('heading', { name: 'No item matches' })).toBeVisible();
});

test('an item shows code, locals, request and what happened before, as text', async ({ page }) => {
  await page.getByRole('link', { name: 'KeyError' }).click();
  await expect(page.getByRole('region', { name: 'Code' })).toContainText('return load(session["user"], limit)');
  await expect(page.getByText('2 frames of flask')).toBeVisible();
  await expect(page.getByLabel('Locals')).toContainText('<img src=x onerror=window.hacked=1>');
  await expect(page.getByLabel('What happened before')).toContainText('GET http://stock/items 503');
  await expect(page.getByLabel('Request', { exact: true })).toContainText('(scrubbed)');
  expect(await page.evaluate(() => (window as unknown as { hacked?: number }).hacked)).toBeUndefined();
  const first = page.url();
  await page.keyboard.press('n');
  await expect(page).toHaveURL(/\/errors\/\d+\/\d+$/);
  await page.goBack();
  await expect(page).toHaveURL(first);
});

test('after an item is resolved the next of the list opens', async ({ page }) => {
  await page.locator('.vrow .erow a').first().click();
  await expect(page.getByRole('region', { name: 'Code' })).toBeVisible();
  const first = page.url();
  await page.keyboard.press('e');
  await expect(page).not.toHaveURL(first);
  await expect(page).toHaveURL(/\/errors\/\d+$/);
});

test('tabs tell occurrences, people, versions, why they are together, and take comments', async ({ page }) => {
  await page.getByRole('link', { name: 'KeyError' }).click();
  await page.getByRole('tab', { name: 'Occurrences' }).click();
  await expect(page.getByLabel('Occurrences as a table').getByRole('row')).toHaveCount(4);
  await page.getByRole('tab', { name: 'People' }).click();
  await expect(page.getByLabel('People as a table')).toContainText('ada2@example.com');
  await page.getByRole('tab', { name: 'Versions and deploys' }).click();
  await expect(page.getByText('first bad version')).toBeVisible();
  await page.getByRole('tab', { name: 'Breakdown' }).click();
  await expect(page.getByRole('button', { name: 'Field server.host' })).toBeVisible();
  await page.getByRole('tab', { name: 'Grouping' }).click();
  await expect(page.getByText('Line numbers do not.')).toBeVisible();
  await page.getByRole('tab', { name: 'Activity' }).click();
  await page.getByRole('textbox', { name: 'Comment' }).fill('seen before');
  await page.getByRole('button', { name: 'Comment', exact: true }).click();
  await expect(page.locator('.said')).toContainText('seen before');
});

test('the palette finds items by number and by title', async ({ page }) => {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Find anything' }).fill('#1');
  await expect(page.getByRole('option').first()).toContainText('#1 ');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/errors\/\d+/);
});

test('RQL answers, and says where a text is wrong', async ({ page, server }) => {
  await page.goto(`${server.url}/rql`);
  const text = page.getByRole('textbox', { name: 'RQL query' });
  await text.fill('SELECT item.title, count(*) FROM item_occurrence GROUP BY item.title ORDER BY count(*) DESC');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('grid', { name: 'Rows' })).toContainText("KeyError: 'user'");
  await text.fill('SELECT item.title FROM item_occurrence WHERE');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('alert')).toBeVisible();
});

test('rules are tried on past occurrences before they are kept', async ({ page, server }) => {
  await page.goto(`${server.url}/errors/rules`);
  const text = page.getByRole('textbox', { name: 'Fingerprint rules' });
  await expect(text).toHaveValue('[]');
  await text.fill('[{"condition": {"path": "level", "eq": "error"}, "fingerprint": "all"}]');
  await page.getByRole('button', { name: 'Try on past occurrences' }).click();
  await expect(page.getByRole('heading', { name: '6 of 6 occurrences would be grouped otherwise' })).toBeVisible();
  await page.getByRole('button', { name: 'Keep' }).click();
  await expect(page.getByRole('button', { name: 'Versions' })).toHaveText('Version 1 ▾');
});

test('what was turned away is shown with its reason', async ({ page, server }) => {
  await fetch(`${server.url}/api/1/item/`, { method: 'POST', body: JSON.stringify({ data: { environment: 'production', body: {} } }) });
  await page.goto(`${server.url}/errors/rejected`);
  await expect(page.getByRole('heading', { name: /body must have either/ })).toBeVisible();
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`has no barriers, ${colorScheme}`, async ({ page, server }) => {
    test.slow(); // many pages
    await page.emulateMedia({ colorScheme });
    const check = async (where: string): Promise<void> => {
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map((v) => `${where}: ${v.id}: ${v.nodes.map((n) => n.html).join('\n')}`)).toEqual([]);
    };
    await check('list');
    await page.getByRole('link', { name: 'KeyError' }).click();
    await expect(page.getByRole('region', { name: 'Code' })).toBeVisible();
    await check('occurrence');
    for (const tab of ['Occurrences', 'Breakdown', 'People', 'Versions and deploys', 'Related', 'Activity', 'Grouping']) {
      await page.getByRole('tab', { name: tab, exact: true }).click();
      await page.waitForLoadState('networkidle');
      await check(tab);
    }
    for (const path of ['/rql', '/errors/rules', '/errors/rejected', '/errors/scrubbing']) {
      await page.goto(server.url + path);
      await page.waitForLoadState('networkidle');
      await check(path);
    }
  });
}
