// What a question can hold and where its answers lead, beyond the first flows of the Query page.
import { readFileSync, statSync } from 'node:fs';

import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';

import { seedHour } from '../seed.mjs';
import { expect, test } from './server';

test.beforeEach(async ({ server }) => {
  await seedHour(server.url);
});

const field = (page: Page, name: string): Locator => page.getByRole('combobox', { name, exact: true });
const rows = (page: Page): Locator => page.getByRole('region', { name: 'Results', exact: true }).locator('tbody tr');
const param = (page: Page, name: string): string[] => new URL(page.url()).searchParams.getAll(name);

test('a calculated field and a formula are made in place and asked for', async ({ page, server }) => {
  await page.goto(`${server.url}/query/__all__?calc=COUNT`);
  await field(page, 'Add to WITH').fill('slow = IF(GT($duration_ms, 1000), "slow", "fast")');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: /^Remove slow = / })).toBeVisible();
  await field(page, 'Add to GROUP BY').fill('slow');
  await page.keyboard.press('Enter');
  await field(page, 'Add to FORMULA').pressSequentially('doubled = $C');
  await page.getByRole('option', { name: '$COUNT' }).click();
  await field(page, 'Add to FORMULA').pressSequentially(' * 2');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+Enter');
  await expect(rows(page).filter({ hasText: 'fast' })).toHaveCount(1);
  await expect(page.getByRole('region', { name: 'doubled', exact: true })).toBeVisible();
  await page.getByRole('button', { name: '</>' }).click();
  await expect(page.getByRole('textbox', { name: 'Query as text' })).toHaveValue(/^WITH slow AS \(.*\) VISUALIZE COUNT FORMULA doubled AS \(\$COUNT \* 2\) GROUP BY slow$/);
  await page.reload();
  await expect(rows(page).filter({ hasText: 'slow' })).toHaveCount(1);
});

test('a selection is compared with the period before and with another group', async ({ page, server }) => {
  const group = encodeURIComponent('g:{"service.name":"cart"}');
  await page.goto(`${server.url}/query/__all__?calc=COUNT&by=service.name&sel=${group}&bubble=1`);
  const panel = page.getByRole('complementary', { name: 'BubbleUp' });
  await expect(panel.getByText(/in selection/)).toBeVisible();
  await panel.getByRole('combobox', { name: 'Compare with' }).selectOption({ label: 'frontend' });
  await expect(panel.getByText(/in the baseline/).first()).toBeVisible();
  await expect.poll(() => param(page, 'base')).toEqual(['g:{"service.name":"frontend"}']);
  await panel.getByRole('combobox', { name: 'Compare with' }).selectOption({ label: 'the period before' });
  await expect(panel.getByText('Nothing was there in the period before.')).toBeVisible();
  await page.goBack();
  await expect(panel.getByRole('combobox', { name: 'Compare with' }).locator('option:checked')).toHaveText('frontend');
});

test('a point of a chart opens the slowest trace at its span', async ({ page, server }) => {
  await page.goto(`${server.url}/query/__all__?step=300&from=now-90m&to=now&calc=${encodeURIComponent('MAX(duration_ms)')}`); // each step has some
  const chart = page.getByRole('application', { name: /^MAX\(duration_ms\) over time/ });
  await expect(chart).toBeVisible();
  await chart.focus();
  await page.keyboard.press('ArrowRight'); // the first, in which nothing was yet
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: 'Zoom to this moment' })).toBeVisible();
  await expect(page.getByRole('menuitem', { name: 'View the slowest trace here' })).toHaveCount(0);
  await page.keyboard.press('Escape');
  await chart.focus();
  for (let i = 0; i < 12; i++) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'View the slowest trace here' }).click();
  await expect(page).toHaveURL(/\/trace\/[0-9a-f]{32}\?(.*&)?span=[0-9a-f]{16}/);
  await expect(page.getByRole('row', { selected: true })).toBeVisible();
});

test('an address that is too long becomes a short link that opens the same', async ({ page, server, context }) => {
  const where = Array.from({ length: 60 }, (_, i) => `service.name != "nobody at all, number ${i}"`).join(' AND ');
  await page.goto(`${server.url}/query/__all__?calc=COUNT&by=service.name`);
  await expect.poll(() => rows(page).count()).toBeGreaterThan(2);
  await page.getByRole('button', { name: '</>' }).click();
  await page.getByRole('textbox', { name: 'Query as text' }).fill(`VISUALIZE COUNT WHERE ${where} GROUP BY service.name`);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\?s=[a-z2-7]{24}$/);
  const shown = await rows(page).count();
  const other = await (await context.browser()!.newContext()).newPage();
  await other.goto(page.url());
  await expect(rows(other)).toHaveCount(shown);
  await expect(other.getByRole('button', { name: 'Remove service.name != "nobody at all, number 59"' })).toBeVisible();
  await other.close();
});

test('the charts are saved as a picture', async ({ page, server }) => {
  await page.goto(`${server.url}/query/__all__?calc=COUNT&by=service.name`);
  await expect.poll(() => rows(page).count()).toBeGreaterThan(2);
  await page.getByRole('button', { name: 'Share this query' }).click();
  const saved = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'The charts as a picture' }).click();
  const path = await (await saved).path();
  expect(readFileSync(path).subarray(1, 4).toString()).toBe('PNG');
  expect(statSync(path).size).toBeGreaterThan(5000);
});

test('log lines of the question are a tab, and what ran is kept and says so', async ({ page, server }) => {
  await page.goto(`${server.url}/query/__all__?calc=COUNT&tab=lines`);
  const lines = page.getByRole('region', { name: 'Log lines' });
  await expect(lines.getByRole('status')).toHaveText(/line/);
  await expect(lines.getByRole('link', { name: 'Open in Logs' })).toHaveAttribute('href', /\/logs\?from=\d+&to=\d+/);
  await page.getByRole('link', { name: 'kept result' }).click();
  await expect(page.getByText(/^Kept result of/)).toBeVisible();
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`log lines and baselines have no barriers, ${colorScheme}`, async ({ page, server }) => {
    await page.emulateMedia({ colorScheme });
    const group = encodeURIComponent('g:{"service.name":"cart"}');
    await page.goto(`${server.url}/query/__all__?calc=COUNT&by=service.name&tab=lines&sel=${group}&bubble=1`);
    await expect(page.getByRole('complementary', { name: 'BubbleUp' }).getByText(/in selection/)).toBeVisible();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join('\n')}`)).toEqual([]);
  });
}
