// Patterns of log lines: templates, what changed, and the way to the lines.
import AxeBuilder from '@axe-core/playwright';

import { seedHour, sendLogs, traceId } from '../seed.mjs';
import { expect, test } from './server';

test.beforeEach(async ({ page, server }) => {
  await seedHour(server.url);
  const now = Date.now();
  await sendLogs(
    server.url,
    'cart',
    Array.from({ length: 40 }, (_, i) => ({ at: now - i * 1000, text: `user u${i} paid ${i * 3} cents`, level: 'INFO', trace: traceId(7) })),
  );
  await page.goto(`${server.url}/logs/patterns`);
});

test('templates lead to their lines and show what stands in their places', async ({ page }) => {
  const list = page.getByRole('list', { name: 'Patterns' });
  await expect(list.getByRole('listitem').first()).toBeVisible();
  await page.getByRole('button', { name: 'Most frequent' }).click();
  await expect(page).toHaveURL(/sort=count/);
  await page.getByRole('button', { name: /^Details of/ }).first().click();
  await expect(page.getByRole('link', { name: 'In Insights' })).toHaveAttribute('href', /\/logs\/insights\?.*query=filter/);
  await page.getByRole('link', { name: 'Its lines' }).click();
  await expect(page).toHaveURL(/\/logs\?.*where=/);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`has no barriers, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await page.getByRole('button', { name: /^Details of/ }).first().click();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join('\n')}`)).toEqual([]);
  });
}
