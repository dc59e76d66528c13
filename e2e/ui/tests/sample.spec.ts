// The recorded hour: set-up offers it, the header says that it is what is shown, and one
// click removes it.
import AxeBuilder from '@axe-core/playwright';

import { expect, test } from './server';

test('set-up brings the sample app, the header says so, and removes it whole', async ({ page, server }) => {
  test.slow();
  await page.goto(`${server.url}/setup`);
  await page.getByRole('button', { name: 'Show me the sample app' }).click();
  await expect(page.getByRole('heading', { name: 'Needs attention' })).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('list').filter({ hasText: 'POST /api/activities/{uuid}/reply: 5xx' }).first()).toBeVisible();

  const chip = page.getByRole('button', { name: 'Sample data' });
  await chip.click();
  await page.getByRole('menuitem', { name: 'Set up a service of your own' }).click();
  await expect(page.getByRole('button', { name: 'Open the sample app' })).toBeVisible();
  await page.getByRole('button', { name: 'Open the sample app' }).click();
  await expect(chip).toBeVisible();

  const dialog = page.getByRole('dialog', { name: 'Remove sample data' });
  const ask = async (): Promise<void> => {
    await chip.click();
    await page.getByRole('menuitem', { name: 'Remove sample data…' }).click();
    await expect(dialog).toBeVisible();
  };
  await ask();
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  }
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toBeHidden();
  await expect(chip).toBeVisible(); // nothing is gone

  await ask();
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(chip).toBeHidden({ timeout: 60_000 });
  const state = (await (await fetch(`${server.url}/api/sample`)).json()) as { present: boolean };
  expect(state.present).toBe(false);
  await page.goto(`${server.url}/setup`);
  await expect(page.getByRole('button', { name: 'Show me the sample app' })).toBeVisible();
});
