import AxeBuilder from '@axe-core/playwright';

import { shopTrace, send, traceId } from '../seed.mjs';
import { expect, test } from './server';

test('a sampling rule is made, tried on what arrived, changed and deleted', async ({ page, server }) => {
  for (let n = 1; n <= 5; n++) await send(server.url, shopTrace(traceId(n), Date.now() - 60_000 * n));
  await page.goto(`${server.url}/settings/sampling`);
  const table = page.getByRole('region', { name: 'Sampling rules' });
  await expect(table.getByRole('button', { name: 'Default', exact: true })).toBeVisible();
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

  await page.keyboard.press('c');
  const made = page.getByRole('dialog', { name: 'New sampling rule' });
  await expect(made.getByText(/requests that arrived, this table keeps/)).toBeVisible();
  await made.getByLabel('Priority').fill('0');
  await expect(made.getByRole('alert')).toContainText('want 1 to 9999');
  await made.getByLabel('Priority').fill('7');
  await made.getByLabel('Name', { exact: true }).fill('everything');
  await made.getByLabel('Rate in percent').fill('100');
  await expect(made.getByRole('row', { name: /^everything/ })).toBeVisible();
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  await made.getByLabel('Up to percent').fill('100');
  await made.getByLabel('Minutes between').fill('5');
  await made.getByRole('button', { name: 'Make it' }).click();
  await expect(table.getByRole('row').nth(1)).toContainText('everything');
  await expect(table.getByRole('row').nth(2)).toContainText('Default');

  await table.getByRole('button', { name: 'Default', exact: true }).click();
  const changed = page.getByRole('dialog', { name: 'Rule Default' });
  await expect(changed.getByLabel('Priority')).toHaveCount(0);
  await changed.getByLabel('Rate in percent').fill('12.5');
  await changed.getByRole('button', { name: 'Keep' }).click();
  await expect(table.getByRole('row').nth(2)).toContainText('12.5');

  await expect(table.getByRole('row').nth(1)).toContainText('at anomalies, once in 5 min');
  await table.getByRole('button', { name: 'everything', exact: true }).click();
  const boosted = page.getByRole('dialog', { name: 'Rule everything' });
  await boosted.getByLabel('Up to percent').fill('');
  await boosted.getByLabel('Minutes between').fill('');
  await boosted.getByRole('button', { name: 'Keep' }).click();
  await expect(table.getByRole('row').nth(1)).not.toContainText('at anomalies');

  await table.getByRole('button', { name: 'What to do with everything' }).click();
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  await page.getByRole('dialog', { name: 'Delete everything' }).getByRole('button', { name: 'Delete' }).click();
  await expect(table.getByText('everything')).toHaveCount(0);
});
