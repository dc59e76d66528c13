// Keys over rows and values of the Query page, what charts say of deploys, and
// what of it all is in the address.
import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';

import { seedHour, sendEvents } from '../seed.mjs';
import { expect, test } from './server';

const rows = (page: Page): Locator => page.getByRole('region', { name: 'Results', exact: true }).locator('tbody tr');
const panel = (page: Page): Locator => page.getByRole('complementary', { name: 'BubbleUp' });
const param = (page: Page, name: string): string[] => new URL(page.url()).searchParams.getAll(name);

test('groups are reached, picked and explained by key', async ({ page, server }) => {
  await seedHour(server.url);
  await page.goto(`${server.url}/query/__all__?calc=COUNT&by=service.name`);
  await expect(rows(page).nth(2)).toBeVisible();
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await expect(page).toHaveURL(/sel=/);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('Shift+X');
  await expect.poll(() => param(page, 'sel').length).toBe(3);
  await page.keyboard.press('b');
  await expect(panel(page).getByText(/in selection/)).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect.poll(() => param(page, 'sel')).toEqual([]);
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await expect(panel(page).getByText(/in selection/)).toBeVisible();
  await page.keyboard.press('f');
  await page.getByRole('menuitem', { name: 'Filter to this value' }).press('Enter');
  await expect(page).toHaveURL(/where=service\.name/);
  await expect(rows(page)).toHaveCount(1);
});

test('how the table is sorted and what is looked for is in the link', async ({ page, server, context }) => {
  await seedHour(server.url);
  await page.goto(`${server.url}/query/__all__?calc=COUNT&by=service.name`);
  await page.getByRole('columnheader', { name: 'COUNT' }).getByRole('button').click();
  await page.getByRole('button', { name: 'COUNT ↓' }).click();
  await expect(page.getByRole('columnheader', { name: 'COUNT ↑' })).toHaveAttribute('aria-sort', 'ascending');
  await page.getByRole('textbox', { name: 'Find in the results' }).fill('ca');
  const shown = async (p: Page): Promise<string[]> => (await rows(p).allTextContents()).map((t) => t.replace(/\s+/g, ' '));
  await expect.poll(() => param(page, 'find')).toEqual(['ca']);
  const wanted = await shown(page);
  const other = await context.newPage();
  await other.goto(page.url());
  await expect(rows(other).first()).toBeVisible();
  expect(await shown(other)).toEqual(wanted);
});

test('every value of raw data has its menu, and an open event is in the link', async ({ page, server }) => {
  await seedHour(server.url);
  await page.goto(`${server.url}/query/__all__?calc=COUNT&tab=raw&where=${encodeURIComponent('http.response.status_code = 500')}`);
  const grid = page.getByRole('grid', { name: 'Events' });
  await expect(grid.getByRole('row')).toHaveCount(12);
  await grid.getByText('frontend').first().click();
  await page.getByRole('menuitem', { name: 'Group by service.name' }).click();
  await expect.poll(() => param(page, 'by')).toEqual(['service.name']);
  await page.goBack();
  await expect(grid.getByRole('row')).toHaveCount(12);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('f');
  await expect(page.getByRole('menu')).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
  const event = page.getByRole('complementary', { name: 'Event', exact: true });
  await expect(event).toBeVisible();
  const time = await event.locator('dd').first().textContent();
  await page.keyboard.press('j');
  await expect(event.locator('dd').first()).not.toHaveText(time!);
  await page.keyboard.press('k');
  await expect(event.locator('dd').first()).toHaveText(time!);
  await page.reload();
  await expect(event.locator('dd').first()).toHaveText(time!);
  await page.keyboard.press('Escape');
  await expect(event).toBeHidden();
  await grid.getByRole('link', { name: 'Trace' }).first().click();
  await expect(page).toHaveURL(/\/trace\/[0-9a-f]{32}\?(.*&)?span=/);
});

test('a marker is made on a chart, has the colour of its type, is changed and removed', async ({ page, server }) => {
  test.setTimeout(90_000); // many keys, one after the other
  await seedHour(server.url);
  await page.goto(`${server.url}/query/__all__?calc=COUNT`);
  const chart = page.getByRole('application', { name: /^COUNT over time/ });
  const point = async (): Promise<void> => {
    await chart.focus();
    for (let i = 0; i < 25; i++) await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Enter');
  };
  await expect(rows(page).first()).toBeVisible();
  await point();
  await page.getByRole('menuitem', { name: 'Add a marker here' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a marker' });
  await dialog.getByRole('textbox', { name: 'What happened' }).fill('2.4.0');
  await dialog.getByRole('combobox', { name: 'Type' }).fill('release');
  await dialog.getByLabel(/^Colour of all markers/).fill('#c0ffee');
  await dialog.getByRole('textbox', { name: 'Link' }).fill('https://example.com/2.4.0');
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map((v) => v.id)).toEqual([]);
  await dialog.getByRole('button', { name: 'Add' }).click();
  await expect(dialog).toBeHidden();
  const stored = async (): Promise<unknown> => (await fetch(`${server.url}/1/markers/__all__`)).json();
  await expect.poll(stored).toEqual([expect.objectContaining({ message: '2.4.0', type: 'release', color: '#c0ffee', url: 'https://example.com/2.4.0' })]);
  await point();
  await expect(page.getByRole('menuitem', { name: 'Open the link of release: 2.4.0' })).toBeVisible();
  await page.getByRole('menuitem', { name: 'BubbleUp: after release: 2.4.0 against before' }).click();
  await expect(panel(page).getByText(/in selection/)).toBeVisible();
  await page.keyboard.press('Escape');
  await point();
  await page.getByRole('menuitem', { name: 'Change or delete release: 2.4.0' }).click();
  await page.getByRole('dialog', { name: 'Change the marker' }).getByRole('textbox', { name: 'What happened' }).fill('2.4.1');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('dialog', { name: 'Change the marker' })).toBeHidden(); // the chart takes no keys before
  await expect.poll(stored).toEqual([expect.objectContaining({ message: '2.4.1', color: '#c0ffee' })]);
  await point();
  await page.getByRole('menuitem', { name: 'Change or delete release: 2.4.1' }).click();
  await page.getByRole('button', { name: 'Delete' }).click();
  await expect.poll(stored).toEqual([]);
});

test('a version that begins in view is on the charts without anyone telling of it', async ({ page, server }) => {
  test.setTimeout(90_000); // many keys, one after the other
  const now = Date.now();
  await sendEvents(server.url, 'shop', Array.from({ length: 120 }, (_, i) => ({
    time: new Date(now - 3_500_000 + i * 29_000).toISOString(),
    data: { 'service.name': 'cart', 'service.version': i < 60 ? '1.0' : '2.0', duration_ms: i },
  })));
  await page.goto(`${server.url}/query/shop?calc=COUNT`);
  const chart = page.getByRole('application', { name: /^COUNT over time/ });
  await expect(rows(page).first()).toBeVisible();
  await chart.focus();
  await expect(async () => {
    for (let i = 0; i < 8; i++) {
      if (await page.getByText('cart 2.0').isVisible()) return;
      await page.keyboard.press('ArrowRight');
    }
    throw new Error('not there yet');
  }).toPass();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'BubbleUp: after cart 2.0 against before' }).click();
  await expect(panel(page).locator('.fieldsays').first()).toContainText(/service\.version = 2\.0 in (100|9\d) % of the selection/); // a release is found to the minute
});

test('a query gets a name, by which the history finds it', async ({ page, server }) => {
  await seedHour(server.url);
  await page.goto(`${server.url}/query/__all__?calc=COUNT&by=service.name`);
  await expect(rows(page).first()).toBeVisible();
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Name this query' }).click();
  const dialog = page.getByRole('dialog', { name: 'Name this query' });
  await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('who is busy');
  await dialog.getByRole('button', { name: 'Save' }).click();
  const history = page.getByRole('complementary', { name: 'History' });
  await history.getByRole('textbox', { name: 'Find in the history' }).fill('busy');
  await expect(history.getByText('who is busy')).toBeVisible();
});

test('stored events are counted where that is asked for, and the foot says so', async ({ page, server }) => {
  const time = new Date(Date.now() - 60_000).toISOString();
  await sendEvents(server.url, 'sampled', Array.from({ length: 5 }, () => ({ time, samplerate: 20, data: { a: 1 } })));
  await page.goto(`${server.url}/query/sampled?calc=COUNT`);
  await expect(rows(page).first()).toContainText('100');
  await expect(page.getByText(/sampled ×20/)).toBeVisible();
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitemcheckbox', { name: /^Stored events/ }).click();
  await expect(rows(page).first().locator('.num')).toHaveText('5');
  await expect(page.getByText(/stored events, not those they stand for/)).toBeVisible();
});
