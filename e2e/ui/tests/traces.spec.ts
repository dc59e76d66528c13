import AxeBuilder from '@axe-core/playwright';

import { seedHour, send, shopTrace, traceId, TraceMaker } from '../seed.mjs';
import { expect, test } from './server';

test.beforeEach(async ({ server }) => {
  await seedHour(server.url);
});

test('filters narrow the list, stay in the address, and go when they are removed', async ({ page, server }) => {
  await page.goto(`${server.url}/traces`);
  const rows = page.getByRole('region', { name: 'Traces' }).locator('tbody tr');
  await expect(rows).toHaveCount(100);

  await page.locator('.chips').getByRole('button', { name: 'Errors' }).click();
  await expect(rows).toHaveCount(11);
  await expect(page).toHaveURL(/errors=1/);

  await page.keyboard.press('/');
  await page.keyboard.type('http.response.status_code = 200');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'No traces match in this range' })).toBeVisible();
  await page.getByRole('button', { name: /Remove filter/ }).click();
  await expect(rows).toHaveCount(11);

  await page.getByRole('button', { name: 'Services' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'audit' }).click();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Remove audit' })).toBeVisible();
  await expect(page).toHaveURL(/svc=audit/);

  await page.goBack();
  await expect(page.getByRole('button', { name: 'Remove audit' })).toBeHidden();
  await page.getByRole('button', { name: 'Clear all' }).click();
  await expect(rows).toHaveCount(100);
});

test('durations as people write them limit the list', async ({ page, server }) => {
  await page.goto(`${server.url}/traces`);
  await page.getByLabel('At least this long').fill('2 s');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/min=2000/);
  const rows = page.getByRole('region', { name: 'Traces' }).locator('tbody tr');
  await expect(rows).toHaveCount(5);
});

test('a mistake in the filter is said at its character', async ({ page, server }) => {
  await page.goto(`${server.url}/traces`);
  await page.getByRole('combobox', { name: 'Filter' }).fill('http.route ==== 5');
  await page.keyboard.press('Enter');
  await expect(page.locator('#filter-error mark')).toHaveText('=');
});

test('sorting by duration puts the longest first', async ({ page, server }) => {
  await page.goto(`${server.url}/traces`);
  await page.getByRole('button', { name: 'Took' }).click();
  await expect(page).toHaveURL(/sort=duration/);
  await expect(page.getByRole('columnheader', { name: /Took/ })).toHaveAttribute('aria-sort', 'descending');
});

test('dragging over the chart narrows time, back undoes it', async ({ page, server }) => {
  await page.goto(`${server.url}/traces`);
  const chart = page.getByRole('img', { name: /Heatmap of 100 traces/ });
  const box = (await chart.boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.3, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 22, { steps: 5 });
  await page.mouse.up();
  await expect(page).toHaveURL(/from=\d{19}&to=\d{19}/);
  const rows = page.getByRole('region', { name: 'Traces' }).locator('tbody tr');
  await expect.poll(() => rows.count()).toBeLessThan(40);
  await page.goBack();
  await expect(rows).toHaveCount(100);
});

test('the time field takes words and refuses nonsense', async ({ page, server }) => {
  await page.goto(`${server.url}/traces`);
  await expect(page.getByRole('region', { name: 'Traces' }).locator('tbody tr').first()).toBeVisible(); // keys work once the page stands
  await page.keyboard.press('t');
  await expect(page.getByRole('textbox', { name: 'Time range' })).toBeFocused();
  await page.keyboard.type('last 3 days');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/from=now-3d/);
  await page.getByRole('textbox', { name: 'Time range' }).fill('whenever');
  await page.keyboard.press('Enter');
  await expect(page.getByText('not a time range')).toBeVisible();
});

test('days are picked on a calendar', async ({ page, server }) => {
  await page.goto(`${server.url}/traces`);
  await page.getByRole('button', { name: 'Ranges' }).click();
  await page.getByRole('menuitem', { name: 'Calendar…' }).click();
  const calendar = page.getByRole('dialog', { name: 'Calendar' });
  await expect(calendar.getByRole('table')).toHaveCount(2);
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  await calendar.getByRole('button', { name: 'Earlier months' }).click();
  const days = calendar.getByRole('table').last().getByRole('button', { disabled: false });
  const [third, fifth] = [await days.nth(2).getAttribute('aria-label'), await days.nth(4).getAttribute('aria-label')];
  await days.nth(4).click();
  await expect(calendar.getByRole('heading')).toHaveText(`${fifth} to …`);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await expect(days.nth(2)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(calendar).toBeHidden();
  const range = new URL(page.url()).searchParams;
  expect(Number(range.get('to')!.slice(0, -9)) - Number(range.get('from')!.slice(0, -9))).toBe(3 * 86_400);
  await expect(page.getByRole('textbox', { name: 'Time range' })).toHaveValue(new RegExp(`^${third} 00:00:00 to`));
});

test('the most frequent operations are listed, and all of them on request', async ({ page, server }) => {
  const others = Array.from({ length: 11 }, (_, i) => new TraceMaker(traceId(0x9000 + i), Date.now() - 60_000));
  others.forEach((t, i) => t.span('batch', `job ${i}`, 0, 10, { kind: 2 }));
  await send(server.url, ...others);
  await page.goto(`${server.url}/traces`);
  const operations = page.getByRole('region', { name: 'Operations' });
  await expect(operations.locator('tbody tr')).toHaveCount(8);
  await operations.getByRole('button', { name: 'All 12 operations' }).click();
  await expect(operations.locator('tbody tr')).toHaveCount(12);
});

test('further pages append', async ({ page, server }) => {
  await send(server.url, ...Array.from({ length: 30 }, (_, i) => shopTrace(traceId(0x9000 + i), Date.now() - 60_000 + i * 1000)));
  await page.goto(`${server.url}/traces`);
  const rows = page.getByRole('region', { name: 'Traces' }).locator('tbody tr');
  await expect(rows).toHaveCount(100);
  await page.getByRole('button', { name: 'Show more' }).click();
  await expect(rows).toHaveCount(130);
});

test('ranges are undone and redone exactly', async ({ page, server }) => {
  await page.goto(`${server.url}/traces?from=now-3h&to=now`);
  await expect(page.getByRole('textbox', { name: 'Time range' })).toHaveValue('Last 3 hours');
  await page.keyboard.press('-');
  await expect(page).toHaveURL(/from=now-6h/);
  await page.keyboard.press(',');
  await expect(page).toHaveURL(/from=\d{19}/);
  const shifted = page.url();
  await page.keyboard.press('[');
  await page.keyboard.press('[');
  await expect(page).toHaveURL(/from=now-3h/);
  await page.keyboard.press(']');
  await page.keyboard.press(']');
  await expect(page).toHaveURL(shifted);
});

test('the time rail shows what is around, and dragging over it takes a range', async ({ page, server }) => {
  await page.goto(`${server.url}/traces`);
  const rail = page.getByRole('group', { name: 'Time rail' });
  await expect(rail.getByRole('img')).toHaveAccessibleName(/Events over time: 3\d{3}, of them \d+ errors/);
  const box = (await rail.boundingBox())!;
  const rows = page.getByRole('region', { name: 'Traces' }).locator('tbody tr');
  await expect(rows).toHaveCount(100);
  // The last hour lies at the right; half of it is taken.
  await page.mouse.move(box.x + box.width * 0.98, box.y + 16);
  const edge = (await rail.locator('.window').boundingBox())!;
  await page.mouse.move(edge.x, box.y + 16);
  await page.mouse.down();
  await page.mouse.move(edge.x + edge.width / 2, box.y + 16, { steps: 4 });
  await page.mouse.up();
  await expect(page).toHaveURL(/from=\d{19}&to=\d{19}/);
  await expect.poll(() => rows.count()).toBeLessThan(70);
  // Whatever its length, it takes a third of the rail; it is dragged to the time before.
  await expect.poll(async () => Math.abs((await rail.locator('.window').boundingBox())!.width - box.width / 3)).toBeLessThan(8);
  const before = new URL(page.url()).searchParams.get('from')!;
  const middle = (await rail.locator('.window').boundingBox())!;
  await page.mouse.move(middle.x + middle.width / 2, box.y + 16);
  await page.mouse.down();
  await page.mouse.move(middle.x + middle.width / 2 - 60, box.y + 16, { steps: 4 });
  await page.mouse.up();
  await expect.poll(() => BigInt(new URL(page.url()).searchParams.get('from')!) < BigInt(before)).toBe(true);
  await page.keyboard.press('[');
  await expect.poll(() => new URL(page.url()).searchParams.get('from')).toBe(before);
});

test('losing the server is said, and the page goes on when it is back', async ({ page, server }) => {
  await page.goto(`${server.url}/traces`);
  const rows = page.getByRole('region', { name: 'Traces' }).locator('tbody tr');
  await expect(rows).toHaveCount(100);
  await page.route('**/api/**', (route) => route.abort());
  await page.route('**/healthz', (route) => route.abort());
  await page.keyboard.press('r');
  await expect(page.getByText('The server can’t be reached. What is shown is from before')).toBeVisible();
  await expect(rows).toHaveCount(100);
  await page.unroute('**/api/**');
  await page.unroute('**/healthz');
  await expect(page.getByText('The server can’t be reached. What is shown is from before')).toBeHidden({ timeout: 15_000 });
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('what a busy server refused is asked again by itself', async ({ page, server }) => {
  let refused = 0;
  await page.route('**/api/traces/groups**', (route) =>
    refused++ > 0
      ? route.continue()
      : route.fulfill({ status: 503, headers: { 'Retry-After': '1' }, json: { error: { kind: 'unavailable', message: 'too many queries are running' } } }),
  );
  await page.goto(`${server.url}/traces`);
  await expect(page.getByText(/too many queries are running · trying again in 1/)).toBeVisible();
  await expect(page.getByRole('region', { name: 'Operations' })).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('a pasted id of any form opens its trace', async ({ page, server }) => {
  const id = traceId(0x1004);
  for (const form of [id, `1-${id.slice(0, 8)}-${id.slice(8)}`, `${server.url}/trace/${id}?view=table`, Buffer.from(id, 'hex').toString('base64')]) {
    await page.goto(`${server.url}/traces`);
    await expect(page.getByRole('combobox', { name: 'Find anything' })).toBeVisible();
    await page.keyboard.press('Control+k');
    await page.keyboard.type(form);
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(new RegExp(`/trace/${id}`));
  }
});
