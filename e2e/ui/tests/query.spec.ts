import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';

import { seedHour, send, shopTrace, traceId } from '../seed.mjs';
import { expect, test } from './server';

test.beforeEach(async ({ server }) => {
  await seedHour(server.url);
});

const field = (page: Page, name: string): Locator => page.getByRole('combobox', { name, exact: true });
const rows = (page: Page): Locator => page.getByRole('region', { name: 'Results', exact: true }).locator('tbody tr');
const param = (page: Page, name: string): string[] => new URL(page.url()).searchParams.getAll(name);

/** Drags over a canvas, by shares of its size. */
async function drag(page: Page, canvas: Locator, from: [number, number], to: [number, number], shift = false): Promise<void> {
  await canvas.scrollIntoViewIfNeeded();
  const box = (await canvas.boundingBox())!;
  const at = ([x, y]: [number, number]): [number, number] => [box.x + box.width * x, box.y + box.height * y];
  if (shift) await page.keyboard.down('Shift');
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at(to), { steps: 6 });
  await page.mouse.up();
  if (shift) await page.keyboard.up('Shift');
}

test('a question is typed with completion, run, and lives in its address', async ({ page, server }) => {
  await page.goto(`${server.url}/query`);
  await expect(page.getByRole('img', { name: /^Heatmap of/ })).toBeVisible();
  await field(page, 'Add to GROUP BY').fill('service');
  await expect(page.getByRole('option', { name: /^service\.name/ })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Remove service.name' })).toBeVisible();
  await field(page, 'Add to WHERE').pressSequentially('service.name = ');
  await page.getByRole('option', { name: /^cart \d/ }).click();
  await expect(page.getByRole('button', { name: 'Remove service.name = "cart"' })).toBeVisible();
  await page.keyboard.press('Control+Enter');
  await expect(rows(page)).toHaveCount(1);
  await expect.poll(() => param(page, 'by')).toEqual(['service.name']);
  await expect.poll(() => param(page, 'where')).toEqual(['service.name = "cart"']);
  await page.reload();
  await expect(rows(page)).toHaveCount(1);
  await page.getByRole('button', { name: 'Remove service.name = "cart"' }).click();
  await page.keyboard.press('Control+Enter');
  await expect.poll(() => rows(page).count()).toBeGreaterThan(3);
  await page.goBack();
  await expect(rows(page)).toHaveCount(1);
});

test('every change can be undone and done again', async ({ page, server }) => {
  await page.goto(`${server.url}/query/__all__?calc=COUNT`);
  await field(page, 'Add to VISUALIZE').fill('P99(duration_ms)');
  await page.keyboard.press('Enter');
  const chip = page.getByRole('button', { name: 'Remove P99(duration_ms)' });
  await expect(chip).toBeVisible();
  await page.keyboard.press('Control+z');
  await expect(chip).toBeHidden();
  await page.keyboard.press('Control+Shift+Z');
  await expect(chip).toBeVisible();
});

test('chips and the line of text hold the same, and a mistake is said at its character', async ({ page, server }) => {
  const where = '(http.response.status_code = 500 OR duration_ms > 1500) AND service.name = "frontend"';
  await page.goto(`${server.url}/query/__all__?${new URLSearchParams({ calc: 'P99(duration_ms), COUNT', by: 'http.route', where, limit: '7' })}`);
  await expect(rows(page)).toHaveCount(1);
  await page.getByRole('button', { name: '</>' }).click();
  const text = page.getByRole('textbox', { name: 'Query as text' });
  await expect(text).toHaveValue(`VISUALIZE P99(duration_ms), COUNT WHERE ${where} GROUP BY http.route LIMIT 7`);
  await text.fill('VISUALIZE COUNT WHERE service.name ~ "cart"');
  await page.keyboard.press('Enter');
  await expect(page.locator('#query-text-error mark')).toHaveText('~');
  await text.fill('visualize max(duration_ms) where service.name = cart last 2h');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/from=now-2h/);
  await page.getByRole('button', { name: '</>' }).click();
  await expect(page.getByRole('button', { name: 'Remove MAX(duration_ms)' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Remove service.name = "cart"' })).toBeVisible();
});

test('a Honeycomb query that is pasted fills the chips', async ({ page, server }) => {
  await page.goto(`${server.url}/query/__all__?calc=COUNT`);
  const spec = { calculations: [{ op: 'P95', column: 'duration_ms' }], breakdowns: ['name'], filters: [{ column: 'service.name', op: 'in', value: ['cart', 'pricing'] }], limit: 5 };
  await field(page, 'Add to WHERE').evaluate((input, text) => {
    const data = new DataTransfer();
    data.setData('text', text);
    input.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  }, JSON.stringify(spec));
  for (const chip of ['P95(duration_ms)', 'name', 'service.name in ("cart", "pricing")']) await expect(page.getByRole('button', { name: `Remove ${chip}`, exact: true })).toBeVisible();
});

test('dragging over a chart zooms, back undoes it', async ({ page, server }) => {
  await page.goto(`${server.url}/query/__all__?calc=COUNT`);
  const chart = page.getByRole('img', { name: /^COUNT:/ });
  await expect(chart).toBeVisible();
  await drag(page, chart, [0.4, 0.5], [0.6, 0.5]);
  await expect(page).toHaveURL(/from=\d{19}&to=\d{19}/);
  await page.goBack();
  await expect(page).not.toHaveURL(/from=/);
});

test('a rectangle on the heatmap says what is different, and the link shows the same', async ({ page, server, context }) => {
  // One slow build among the usual requests.
  await send(server.url, ...Array.from({ length: 40 }, (_, i) => {
    const t = shopTrace(traceId(0x7000 + i), Date.now() - 1_800_000 + i * 2000, { slow: 40 });
    for (const s of t.spans) s.span.attributes.push({ key: 'build_id', value: { stringValue: '7f3c' } });
    return t;
  }));
  await page.goto(`${server.url}/query/__all__?calc=HEATMAP(duration_ms)`);
  const heat = page.getByRole('img', { name: /^Heatmap of/ });
  await expect(heat).toBeVisible();
  await drag(page, heat, [0.1, 0.05], [0.9, 0.2]);
  const panel = page.getByRole('complementary', { name: 'BubbleUp' });
  const says = panel.getByRole('listitem').getByText(/^build_id = 7f3c in \d+\s?% of the selection/);
  await expect(says).toBeVisible();
  await expect(panel.getByText(/in selection/)).toBeVisible();
  await expect.poll(() => param(page, 'sel')).toHaveLength(1);

  const other = await context.newPage();
  await other.goto(page.url());
  await expect(other.getByRole('listitem').getByText(/^build_id = 7f3c in \d+\s?% of the selection/)).toBeVisible();
  await other.close();

  await panel.getByRole('button', { name: 'Swap sides' }).click();
  await expect(page).toHaveURL(/swap=1/);
  await panel.getByRole('button', { name: /^build_id: 7f3c/ }).first().click();
  await page.getByRole('menuitem', { name: 'Filter to this value' }).click();
  await expect(page.getByRole('button', { name: 'Remove build_id = "7f3c"' })).toBeVisible();
  await expect(panel).toBeHidden();
});

test('the heatmap is picked from with keys, and Escape closes and clears', async ({ page, server }) => {
  await page.goto(`${server.url}/query/__all__?calc=HEATMAP(duration_ms)`);
  const chart = page.getByRole('application', { name: /HEATMAP\(duration_ms\) over time/ });
  await chart.focus();
  for (const k of ['ArrowLeft', 'ArrowUp', 'Shift+ArrowLeft', 'Shift+ArrowLeft', 'Shift+ArrowDown', 'Enter']) await page.keyboard.press(k);
  await expect(page.getByRole('complementary', { name: 'BubbleUp' })).toBeVisible();
  expect(param(page, 'sel')[0]).toMatch(/^r:\d+:\d+:/);
  await page.locator('h1').first().evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.keyboard.press('Escape');
  await expect(page.getByRole('complementary', { name: 'BubbleUp' })).toBeHidden();
  await expect.poll(() => param(page, 'sel')).toHaveLength(1);
  await page.keyboard.press('b');
  await expect(page.getByRole('complementary', { name: 'BubbleUp' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect.poll(() => param(page, 'sel')).toEqual([]);
});

test('groups that are ticked are compared with the rest', async ({ page, server }) => {
  await page.goto(`${server.url}/query/__all__?calc=COUNT&by=service.name`);
  await page.getByRole('checkbox', { name: 'Pick database' }).check();
  await page.getByRole('checkbox', { name: 'Pick cart' }).check();
  await page.getByRole('button', { name: /^BubbleUp/ }).click();
  const panel = page.getByRole('complementary', { name: 'BubbleUp' });
  await expect(panel.getByText('service.name = database or service.name = cart')).toBeVisible();
  await expect(panel.getByText(/in selection/)).toBeVisible();
  await expect(panel.locator('.fieldcard').first()).toBeVisible();
});

test('Shift-drag on a chart compares a time with the rest', async ({ page, server }) => {
  await page.goto(`${server.url}/query/__all__?calc=COUNT`);
  const chart = page.getByRole('img', { name: /^COUNT:/ });
  await expect(chart).toBeVisible();
  await drag(page, chart, [0.4, 0.5], [0.6, 0.5], true);
  await expect(page.getByRole('complementary', { name: 'BubbleUp' }).getByText(/in selection/)).toBeVisible();
});

test('behind a result are its traces, events and fields', async ({ page, server }) => {
  await page.goto(`${server.url}/query/__all__?calc=COUNT&where=${encodeURIComponent('http.response.status_code = 500')}`);
  await expect(page.getByRole('tab', { name: 'Results' })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('3');
  const grid = page.getByRole('grid', { name: 'Events' });
  await expect(grid.getByRole('row')).toHaveCount(12); // the head and eleven failed requests
  await grid.getByRole('row').nth(2).getByRole('gridcell').first().click();
  const event = page.getByRole('complementary', { name: 'Event', exact: true });
  await expect(event.getByRole('button', { name: 'http.route: /api/cart' })).toBeVisible();
  await page.getByRole('tab', { name: 'Explore' }).click();
  await expect(page.getByText(/fields of 11 events/)).toBeVisible();
  await page.getByRole('tab', { name: 'Traces' }).click();
  const traces = page.getByRole('region', { name: 'Traces' }).locator('tbody tr');
  await expect(traces).toHaveCount(11);
  await traces.first().getByRole('link').click();
  await expect(page).toHaveURL(/\/trace\/[0-9a-f]{32}/);
});

/** Moves the crosshair to a moment at which the group has a value, beyond the first ones. */
async function toValue(page: Page): Promise<void> {
  const value = page.locator('.tip-row.on');
  await expect(async () => {
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('ArrowRight');
      if (i > 15 && (await value.isVisible())) return;
    }
    throw new Error('no value there');
  }).toPass();
}

test('a point of a chart leads to its trace, and its group to a filter', async ({ page, server }) => {
  await page.goto(`${server.url}/query/__all__?calc=${encodeURIComponent('MAX(duration_ms)')}&by=service.name`);
  const chart = page.getByRole('application', { name: /MAX\(duration_ms\) over time/ });
  await expect(rows(page).first()).toBeVisible();
  await chart.focus();
  await toValue(page);
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: /^Exclude service\.name = / }).click();
  await expect(page).toHaveURL(/where=service\.name/);
  await chart.focus();
  await toValue(page);
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'View the slowest trace here' }).click();
  await expect(page).toHaveURL(/\/trace\//);
});

test('the history opens what was asked, and a kept result stays as it was', async ({ page, server }) => {
  await page.goto(`${server.url}/query?calc=COUNT&by=service.name`); // the address goes on to /query/__all__
  await expect(rows(page).first()).toBeVisible();
  const before = await rows(page).first().textContent();
  await page.keyboard.press('h');
  const history = page.getByRole('complementary', { name: 'History' });
  await expect(history).toBeInViewport({ ratio: 1 }); // beside the query
  expect((await history.boundingBox())!.x).toBeGreaterThan(500);
  await history.getByRole('link', { name: 'its result' }).first().click();
  await expect(page).toHaveURL(/\/r\/\w+/);
  await send(server.url, ...Array.from({ length: 20 }, (_, i) => shopTrace(traceId(0x5000 + i), Date.now() - 60_000)));
  await page.reload();
  await expect(page.getByText(/^Kept result of/)).toBeVisible();
  expect(await rows(page).first().textContent()).toBe(before);
  await page.getByRole('link', { name: 'Ask it now' }).click();
  await expect(page).toHaveURL(/\/query\/__all__\?.*by=service\.name/);
});

test('an answer that takes long can be stopped', async ({ page, server }) => {
  let release = (): void => undefined;
  await page.route('**/api/query', async (route) => {
    await new Promise<void>((go) => (release = go));
    await route.abort().catch(() => undefined);
  });
  await page.goto(`${server.url}/query/__all__?calc=COUNT`);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText(/^Stopped/)).toBeVisible();
  release();
});

test('nothing to see says why, and leads out', async ({ page, server }) => {
  await page.goto(`${server.url}/query/__all__?calc=COUNT&where=${encodeURIComponent('service.name = "nobody"')}`);
  await expect(page.getByRole('heading', { name: 'No event matches in this range' })).toBeVisible();
  await page.getByRole('button', { name: 'Remove service.name = "nobody"' }).last().click();
  await expect(rows(page)).toHaveCount(1);
  await page.goto(`${server.url}/query/__all__?calc=COUNT&where=${encodeURIComponent('servce = "cart"')}`);
  await expect(page.getByRole('heading', { name: 'No event has this field' })).toBeVisible();
  await page.goto(`${server.url}/query/__all__?calc=COUNT&from=1600000000000000000&to=1600000600000000000`);
  await expect(page.getByRole('heading', { name: 'No events in this range' })).toBeVisible();
  await page.goto(`${server.url}/query/__all__?calc=FOO(x)&by=service.name`);
  await expect(page.getByText(/makes no sense and was left out/)).toBeVisible();
});

for (const scheme of ['dark', 'light'] as const) {
  test.describe(`in the ${scheme} theme`, () => {
    test.use({ colorScheme: scheme });
    test('axe finds nothing wrong', async ({ page, server }) => {
      test.setTimeout(120_000);
      const look = async (name: string): Promise<void> => {
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map((v) => `${name}: ${v.id} ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(' | ')}`)).toEqual([]);
      };
      const query = `${server.url}/query/__all__?calc=COUNT&calc=HEATMAP(duration_ms)&by=service.name&where=${encodeURIComponent('duration_ms > 1 AND name exists')}`;
      await page.goto(query);
      await expect(rows(page).first()).toBeVisible();
      await page.getByRole('checkbox', { name: 'Pick cart' }).check();
      await look('results');
      await page.getByRole('button', { name: /^BubbleUp/ }).click();
      await expect(page.locator('.fieldcard').first()).toBeVisible();
      await look('bubbleup');
      for (const tab of ['traces', 'raw', 'explore']) {
        await page.goto(`${query}&tab=${tab}`);
        await expect(page.locator('#query-panel').getByText(/traces|events/).first()).toBeVisible();
        await look(tab);
      }
      await page.keyboard.press('h');
      await expect(page.getByRole('complementary', { name: 'History' }).getByRole('link').first()).toBeVisible();
      await look('history');
      await page.getByRole('button', { name: '</>' }).click();
      await page.getByRole('textbox', { name: 'Query as text' }).fill('nonsense');
      await page.keyboard.press('Enter');
      await look('text with a mistake');
    });
  });
}
