import { shopTrace, send, traceId } from '../seed.mjs';
import { expect, test } from './server';

test('an empty server opens the set-up page, sees the first data and leads to its trace', async ({ page, server }) => {
  await page.goto(server.url);
  await expect(page).toHaveURL(`${server.url}/setup`);
  await expect(page.getByRole('heading', { name: /Waiting for the first data/ })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Set the environment' })).toContainText(server.url);

  await page.getByRole('button', { name: 'Send a test trace' }).click();
  await expect(page.getByRole('heading', { name: 'Data is coming in' })).toBeVisible();
  await page.getByRole('link', { name: 'Open its trace' }).click();
  await expect(page.getByRole('heading', { level: 1, name: /oriel-test test event/ })).toBeVisible();
  await expect(page.getByRole('row')).toHaveCount(2);
});

test('each language has its snippet, by mouse and by key, and the address keeps the choice', async ({ page, server }) => {
  await page.goto(`${server.url}/setup`);
  await page.getByRole('tab', { name: 'Node.js' }).click();
  await expect(page.getByRole('tabpanel')).toContainText('node');
  await expect(page).toHaveURL(/lang=node/);
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('tab', { name: 'Go', exact: true })).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByRole('tab', { name: 'Go', exact: true })).toBeFocused();
  await page.reload();
  await expect(page.getByRole('tab', { name: 'Go', exact: true })).toHaveAttribute('aria-selected', 'true');
});

test('what was refused is listed with the reason', async ({ page, server }) => {
  await page.goto(`${server.url}/setup`);
  const r = await fetch(`${server.url}/v1/traces`, { method: 'POST', headers: { 'Content-Type': 'application/json', 'x-honeycomb-team': 'k' }, body: '{"resourceSpans": 5}' });
  expect(r.status).toBe(400);
  await expect(page.getByRole('heading', { name: 'Refused' })).toBeVisible();
  await expect(page.getByText('POST /v1/traces')).toBeVisible();
});

test('data that comes while the page is open shows without a reload', async ({ page, server }) => {
  await page.goto(`${server.url}/setup`);
  await expect(page.getByRole('heading', { name: /Waiting/ })).toBeVisible();
  await send(server.url, shopTrace(traceId(1), Date.now() - 2000));
  await expect(page.getByText('spans from database')).toBeVisible();
  await expect(page).toHaveTitle(/Data is coming in/);
});

test('the page looks the same after another was seen', async ({ page, server }) => {
  await page.goto(`${server.url}/setup`);
  const names = page.locator('.card .name');
  const places = async (): Promise<number[][]> =>
    names.evaluateAll((all) =>
      all.map((name) => {
        const [inner, outer] = [name, name.parentElement!].map((e) => e.getBoundingClientRect());
        return [inner!.x - outer!.x, inner!.y - outer!.y, inner!.width, inner!.height];
      }),
    );
  await expect(names.first()).toBeVisible();
  const before = await places();
  await page.getByRole('button', { name: 'Send a test trace' }).click();
  await page.getByRole('link', { name: 'Open its trace' }).click();
  await expect(page.getByRole('row')).toHaveCount(2);
  await page.goBack();
  await expect(names.first()).toBeVisible();
  expect(await places()).toEqual(before);
});

test.describe('with keys required', () => {
  test.use({ flags: ['-auth', 'required'] });
  test('the page asks for a key and says when it is wrong', async ({ page, server }) => {
    await page.goto(`${server.url}/traces`);
    await expect(page.getByRole('heading', { name: 'Sign in to Oriel' })).toBeVisible();
    await page.getByLabel('Key').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('alert')).toBeVisible();
  });
});
