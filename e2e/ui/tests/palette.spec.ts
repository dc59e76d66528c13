import { seedHour, traceId } from '../seed.mjs';
import { expect, test } from './server';

const id = traceId(0x1004);

test.beforeEach(async ({ server }) => {
  await seedHour(server.url);
});

test('says what an id is before Enter, and opens it', async ({ page, server }) => {
  await page.goto(`${server.url}/setup`);
  await expect(page.getByRole('combobox', { name: 'Find anything' })).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.keyboard.insertText(id);
  await expect(page.getByRole('option', { name: /frontend GET \/api\/cart.*30 spans/ })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`/trace/${id}`));
  await page.keyboard.press('Control+k');
  await page.keyboard.insertText('feedfacefeedfacefeedfacefeedface');
  await expect(page.getByText('No trace or span has this id')).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  // What was opened is offered again.
  await expect(page.getByRole('option', { name: /frontend GET \/api\/cart/ })).toBeVisible();
});

test('pages, services, conditions and commands, by keys alone', async ({ page, server }) => {
  await page.goto(`${server.url}/setup`);
  await expect(page.getByRole('combobox', { name: 'Find anything' })).toBeVisible();
  const ask = async (text: string): Promise<void> => {
    await page.keyboard.press('Control+k');
    await page.keyboard.insertText(text);
  };
  await ask('@pric');
  await expect(page.getByRole('option')).toHaveCount(1);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/service\/pricing/);
  await ask('duration_ms > 100');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('combobox', { name: 'Filter' })).toHaveValue('duration_ms > 100');
  await ask('>twice');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/from=now-2h/);
  await ask('set-up');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`${server.url}/setup`);
});

test('a link made for Honeycomb opens the trace at its span', async ({ page, server }) => {
  const span = `${id.slice(0, 8)}00000002`;
  for (const path of [`/acme/environments/prod/datasets/cart/trace?trace_id=${id}&span=${span}`, `/acme/datasets/cart/trace?trace_id=${id}&span=${span}`]) {
    await page.goto(server.url + path);
    await expect(page).toHaveURL(new RegExp(`^${server.url}/trace/${id}\\?span=${span}`));
    await expect(page.getByRole('row', { name: /Cart\.Get/ })).toHaveAttribute('aria-selected', 'true');
  }
  await page.keyboard.press('Control+k');
  await page.keyboard.insertText(`https://ui.honeycomb.io/acme/environments/test/datasets/cart/trace?trace_id=${id}&span=${span}`);
  await expect(page.getByRole('option', { name: /30 spans/ })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/span=/);
});

test('a query of Honeycomb’s API and its result are found by their ids, and its link opens it', async ({ page, server }) => {
  const ask = async (path: string, body: unknown): Promise<Record<string, unknown>> =>
    (await (await fetch(server.url + path, { method: 'POST', headers: { 'X-Honeycomb-Team': 'x', 'Content-Type': 'application/json' }, body: JSON.stringify(body) })).json()) as Record<string, unknown>;
  const rows = page.getByRole('region', { name: 'Results', exact: true }).locator('tbody tr');
  const query = await ask('/1/queries/__all__', { calculations: [{ op: 'COUNT' }], breakdowns: ['service.name'], time_range: 3600 });
  const result = await ask('/1/query_results/__all__', { query_id: query.id });
  await page.goto(`${server.url}/setup`);
  await expect(page.getByRole('combobox', { name: 'Find anything' })).toBeVisible();
  for (const [id, kind, to] of [
    [query.id, 'saved query', /\/query\/__all__\?query=.*env=test/],
    [result.id, 'result of a query', new RegExp(`/r/${String(result.id)}\\?env=test`)],
  ] as [string, string, RegExp][]) {
    await page.keyboard.press('Control+k');
    await page.keyboard.insertText(id);
    await expect(page.getByRole('option', { name: `VISUALIZE COUNT GROUP BY service.name` })).toContainText(kind);
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(to);
    await expect(rows.filter({ hasText: 'frontend' })).toHaveCount(1);
  }
  const link = new URL((result.links as { query_url: string }).query_url);
  await page.goto(server.url + link.pathname);
  await expect(page).toHaveURL(new RegExp(`/r/${String(result.id)}`));
  await expect(rows.filter({ hasText: 'frontend' })).toHaveCount(1);
});
