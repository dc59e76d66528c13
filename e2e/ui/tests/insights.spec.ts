// Logs Insights: the editor, its answers, what is kept of them.
import { readFileSync } from 'node:fs';

import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';

import { seedHour, sendLogs, traceId } from '../seed.mjs';
import { expect, test } from './server';

test.beforeEach(async ({ server }) => {
  await seedHour(server.url);
  const now = Date.now();
  await sendLogs(
    server.url,
    'cart',
    Array.from({ length: 40 }, (_, i) => ({ at: now - i * 1000, text: `user u${i} paid ${i * 3} cents`, level: 'INFO', trace: traceId(7) })),
  );
  await sendLogs(server.url, 'checkout', [{ at: now - 2000, text: 'order placed', level: 'INFO' }]);
});

const editor = (page: Page): Locator => page.getByRole('textbox', { name: 'Logs Insights query' });
const rows = (page: Page): Locator => page.getByRole('grid', { name: 'Rows' }).getByRole('row');
const at = (server: { url: string }, query: string, more = ''): string =>
  `${server.url}/logs/insights?${new URLSearchParams({ query }).toString()}${more}`;

test('a query is typed with completion, run by key, and lives in its address', async ({ page, server }) => {
  await page.goto(`${server.url}/logs/insights`);
  await editor(page).fill('');
  await editor(page).pressSequentially('fie');
  await expect(page.getByRole('option', { name: /^fields/ })).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(editor(page)).toHaveValue('fields ');
  await editor(page).pressSequentially('@mess');
  await page.keyboard.press('Tab');
  await editor(page).pressSequentially(' | filter service.name = ');
  await page.getByRole('option').first().waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(editor(page)).toHaveValue(/^fields @message \| filter service\.name = "[a-z-]+"$/);
  await page.keyboard.press('Control+Enter');
  await expect.poll(() => rows(page).count()).toBeGreaterThan(1);
  await expect(page.getByText(/records matched/)).toBeVisible();
  const text = await editor(page).inputValue();
  expect(new URL(page.url()).searchParams.get('query')).toBe(text);
  await page.reload();
  await expect(editor(page)).toHaveValue(text);
  await expect.poll(() => rows(page).count()).toBeGreaterThan(1);
});

test('a mistake is underlined where it is, and mended by its fix', async ({ page, server }) => {
  await page.goto(`${server.url}/logs/insights`);
  await editor(page).fill('fields @message\n| fitler level = 1');
  await page.keyboard.press('Control+Enter');
  await expect(page.locator('.iq-paper .wrong')).toHaveText('fitler');
  await expect(editor(page)).toHaveAttribute('aria-invalid', 'true');
  await page.getByRole('button', { name: 'Replace with filter' }).click();
  await expect(editor(page)).toHaveValue('fields @message\n| filter level = 1');
  await expect(page.locator('.iq-paper .wrong')).toHaveCount(0);
});

test('numbers over time are charts, and stand beside the period before', async ({ page, server }) => {
  await page.goto(at(server, 'stats count(*) as lines by service.name, bin(5m)'));
  await expect(page.getByRole('img', { name: /^lines over time/ })).toBeVisible();
  await expect.poll(() => rows(page).count()).toBeGreaterThan(2);
  await page.getByRole('button', { name: 'Period before' }).click();
  await expect(page.getByRole('columnheader', { name: 'Δ lines' })).toBeVisible();
  await page.getByRole('button', { name: 'JSON' }).click();
  await expect(page.getByLabel('Rows as JSON')).toContainText('"lines before"');
});

test('a row leads to all its fields, its line and its trace', async ({ page, server }) => {
  await page.goto(at(server, 'fields @timestamp, @message, @logStream | filter ispresent(trace.trace_id) and ispresent(@message) | sort @timestamp desc | limit 20'));
  await expect.poll(() => rows(page).count()).toBeGreaterThan(1);
  // Whatever the lines hold, columns stand below their names.
  const edges = await page.getByRole('grid', { name: 'Rows' }).evaluate((grid) =>
    [...grid.querySelectorAll('[role=row]')].map((r) => r.lastElementChild!.getBoundingClientRect().left));
  expect(new Set(edges).size).toBe(1);
  await rows(page).nth(1).click();
  const panel = page.getByRole('complementary', { name: 'Row' });
  await expect(panel.getByText('trace.trace_id')).toBeVisible();
  await expect(panel.getByRole('link', { name: 'Its trace' })).toHaveAttribute('href', /\/trace\/[0-9a-f]{32}/);
  await panel.getByRole('link', { name: 'Its line in Logs' }).click();
  await expect(page).toHaveURL(/\/logs\?.*line=/);
  await expect(page.getByRole('complementary', { name: 'Line' })).toBeVisible();
});

test('rows are saved as a file', async ({ page, server }) => {
  await page.goto(at(server, 'stats count(*) as lines by service.name'));
  await expect.poll(() => rows(page).count()).toBeGreaterThan(1);
  await page.getByRole('button', { name: 'Export' }).click();
  const saved = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'Save CSV' }).click();
  expect(readFileSync(await (await saved).path(), 'utf8')).toMatch(/^service\.name,lines\r\n/);
});

test('queries are saved in folders with parameters, and found again with history', async ({ page, server }) => {
  await page.goto(`${server.url}/logs/insights`);
  await editor(page).fill('fields @message | filter service.name = "{{service}}" | limit 5');
  await page.getByRole('textbox', { name: 'Value of service' }).fill('cart');
  await page.getByRole('textbox', { name: 'Value of service' }).press('Enter');
  await expect(page).toHaveURL(/p\.service=cart/);
  await expect(page.getByText(/records matched/)).toBeVisible();
  await page.getByRole('button', { name: 'Saved and history' }).click();
  const panel = page.getByRole('complementary', { name: 'Saved queries' });
  await panel.getByRole('textbox', { name: 'Name to save the query under' }).fill('team/by service');
  await panel.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(panel.getByRole('status')).toHaveText('Saved');
  await page.goto(`${server.url}/logs/insights`);
  await page.getByRole('button', { name: 'Saved and history' }).click();
  await panel.getByText('team/').click();
  await panel.getByTitle('team/by service').click();
  await expect(editor(page)).toHaveValue(/\{\{service\}\}/);
  await expect(page.getByRole('textbox', { name: 'Value of service' })).toHaveValue('cart');
  await editor(page).fill('');
  await editor(page).press('Escape');
  await editor(page).focus();
  await page.keyboard.press('ArrowUp');
  await expect(editor(page)).toHaveValue(/\{\{service\}\}/);
  await panel.getByRole('button', { name: 'Delete team/by service' }).click();
  await panel.getByRole('button', { name: 'Delete by service' }).click();
  await expect(panel.getByText('team/')).toBeHidden();
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`has no barriers, ${colorScheme}`, async ({ page, server }) => {
    await page.emulateMedia({ colorScheme });
    await page.goto(at(server, 'stats count(*) as lines by service.name, bin(5m)', '&row=1'));
    await expect(page.getByRole('complementary', { name: 'Row' })).toBeVisible();
    await page.getByRole('button', { name: 'Saved and history' }).click();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join('\n')}`)).toEqual([]);
  });
}
