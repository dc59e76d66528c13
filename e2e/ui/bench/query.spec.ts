// The budgets of the Query page: with many fields, many groups, wide rows.
import { seedHour, sendEvents } from '../seed.mjs';
import { expect, test } from '../tests/server';
import { during, keysToPaint, nextFrame, painted, redraw, toPaint, wheel } from './frames';
import { print, row, smooth, within } from './table';

test.afterAll(print);

test('the Query page', async ({ page, server }) => {
  await seedHour(server.url);
  await page.goto(`${server.url}/query/__all__?calc=COUNT&calc=HEATMAP(duration_ms)&by=name`);
  await page.locator('main canvas').first().waitFor();
  await page.goto(`${server.url}/query/__all__?calc=COUNT&calc=HEATMAP(duration_ms)&by=name`); // the server is warm now
  const usable = await painted(page, '.results tbody tr');
  const first = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN);
  within('Query: first contentful paint', first, 800);
  row('Query: charts and table from its link', `${usable.toFixed(0)} ms`, '');
  await page.waitForTimeout(1_000);
  const canvas = page.getByRole('region', { name: 'HEATMAP(duration_ms)' }).locator('canvas');
  const box = (await canvas.boundingBox())!;
  const over = async (steps: number): Promise<void> => {
    for (let i = 0; i < steps; i++) {
      await page.mouse.move(box.x + box.width * (0.2 + (0.6 * i) / steps), box.y + 20 + ((i * 37) % 150));
      await nextFrame(page);
    }
  };
  smooth('heatmap: moving over it', await during(page, () => over(60)), 6);
  smooth('heatmap: selecting a part', await during(page, async () => {
    await page.mouse.move(box.x + box.width * 0.3, box.y + 20);
    await page.mouse.down();
    await over(60);
    await page.keyboard.press('Escape');
    await page.mouse.up();
  }), 6);
  await page.goto(`${server.url}/query/__all__?calc=COUNT&calc=HEATMAP(duration_ms)&by=name`);
  await page.locator('.results tbody tr').first().waitFor();
  await page.mouse.move(0, 0);
  within('Query: keys over the groups, p75', await keysToPaint(page, [...'jjjjjjkkkkkkjjjjjjkkkkkk']), 100);
  within('Query: tabs by key, p75', await keysToPaint(page, [...'2345123451234512345']), 100);
  const where = page.getByRole('group', { name: 'WHERE' }).getByRole('combobox');
  await where.focus();
  within('Query: typing a condition, p75', await keysToPaint(page, [...'service.name = web']), 100);
  await page.keyboard.press('Escape');
  const chips = page.locator('.qchip-text');
  const edits = Array.from({ length: 12 }, (_, i) => i % 2 ? () => page.keyboard.press('Escape') : () => chips.nth((i / 2) % 3).click());
  within('Query: chips by click and Escape, p75', await toPaint(page, edits), 100);
});

test('a chart of fifty lines', async ({ page, server }) => {
  const now = Date.now();
  const events = Array.from({ length: 50 * 360 }, (_, i) => ({
    time: new Date(now - 3_600_000 + Math.floor(i / 50) * 10_000).toISOString(),
    data: { shard: `shard-${String(i % 50).padStart(2, '0')}`, load: (i % 50) * 10 + ((i * 7919) % 97) },
  }));
  await sendEvents(server.url, 'shards', events);
  await page.goto(`${server.url}/query/shards?calc=AVG(load)&by=shard&step=10`);
  const chart = page.getByRole('region', { name: 'AVG(load)' });
  await page.locator('.results tbody tr').nth(49).waitFor();
  const box = (await chart.locator('canvas').boundingBox())!;
  smooth('chart of 50 lines of 360 points: the crosshair over it', await during(page, async () => {
    for (let i = 0; i < 80; i++) {
      await page.mouse.move(box.x + 80 + i * 8, box.y + 20 + ((i * 13) % 120));
      await nextFrame(page);
    }
  }), 12);
  const all = await redraw(page);
  within(`its ${all.canvases} canvases drawn anew: the chart, and 50 sparklines`, all.ms, 12 + 50 * 0.3);
});

test('a heatmap drawn anew', async ({ page, server }) => {
  await seedHour(server.url);
  await page.goto(`${server.url}/query/__all__?calc=HEATMAP(duration_ms)`);
  await page.getByRole('region', { name: 'HEATMAP(duration_ms)' }).locator('canvas').waitFor();
  const all = await redraw(page);
  within(`heatmap drawn anew, with all ${all.canvases} canvases of the page`, all.ms, 6);
});

test('two thousand fields', async ({ page, server }) => {
  const now = Date.now();
  await sendEvents(server.url, 'wide', Array.from({ length: 1_000 }, (_, i) => ({
    time: new Date(now - 3_000_000 + i * 2_000).toISOString(),
    data: Object.fromEntries(Array.from({ length: 200 }, (_, k) => [(i * 200 + k) % 2_000, k]).map(([f, k]) => [`attr.group${f! % 20}.field_${f}`, k! % 3 ? `value ${(i * 7 + k!) % 91}` : (i * k!) % 1_000])),
  })));
  await page.goto(`${server.url}/query/wide?calc=COUNT`);
  await page.locator('.results tbody tr').first().waitFor();
  await page.getByRole('group', { name: 'WHERE' }).getByRole('combobox').focus();
  let typed = 0;
  smooth('2,000 fields: typing a condition', await during(page, async () => {
    typed = await keysToPaint(page, [...'attr.group3.field_123']);
  }), 50);
  within('2,000 fields: typing a condition, p75 to paint', typed, 100);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: '</>' }).click();
  const text = page.getByLabel('Query as text');
  await text.focus();
  await page.keyboard.press('End');
  smooth('2,000 fields: typing the text', await during(page, async () => {
    typed = await keysToPaint(page, [...' GROUP BY attr.group3.field_3', 'Enter']);
    await page.locator('.results tbody tr').nth(2).waitFor();
  }), 50);
  within('2,000 fields: typing the text, p75 to paint', typed, 100);
});

test('ten thousand groups', async ({ page, server }) => {
  const now = Date.now();
  await sendEvents(server.url, 'groups', Array.from({ length: 30_000 }, (_, i) => ({
    time: new Date(now - 3_300_000 + i * 100).toISOString(), data: { user: `user-${i % 10_000}`, duration_ms: (i * 31) % 977 },
  })));
  await page.goto(`${server.url}/query/groups?calc=COUNT&calc=P99(duration_ms)&by=user&limit=10000`);
  await page.locator('.results tbody tr').nth(10).waitFor();
  await page.waitForTimeout(1_000);
  await page.locator('.results-scroll').evaluate((e) => e.scrollIntoView());
  await page.locator('.results-scroll').hover();
  smooth('10,000 groups: scrolling', await during(page, () => wheel(page, 120, 400)), 8);
  within('10,000 groups: keys, p75 to paint', await keysToPaint(page, [...'jjjjjjkkkkkk', 'End', 'Home', 'PageDown', 'PageUp']), 100);
  const column = page.locator('.results thead button');
  within('10,000 groups: sorting, p75 to paint', await toPaint(page, [0, 1, 2, 0].map((k) => () => column.nth(k).click())), 100);
  await page.getByLabel('Find in the results').focus();
  let typed = 0;
  smooth('10,000 groups: finding some', await during(page, async () => {
    typed = await keysToPaint(page, [...'user-99', 'Backspace', 'Backspace']);
  }), 50);
  within('10,000 groups: finding some, p75 to paint', typed, 100);
});

test('raw data of two hundred columns', async ({ page, server }) => {
  const now = Date.now();
  await sendEvents(server.url, 'columns', Array.from({ length: 1_000 }, (_, i) => ({
    time: new Date(now - 3_000_000 + i * 2_000).toISOString(),
    data: Object.fromEntries(Array.from({ length: 200 }, (_, k) => [`column_${k}`, k % 3 ? `value ${(i * 7 + k) % 91} of ${k}` : (i * k) % 1_000])),
  })));
  const columns = Array.from({ length: 200 }, (_, k) => `cols=column_${k}`).join('&');
  await page.goto(`${server.url}/query/columns?calc=COUNT&tab=raw&${columns}`);
  await page.locator('.raw-row').nth(5).waitFor();
  await page.waitForTimeout(500);
  await page.locator('.raw-scroll').hover();
  smooth('1,000 rows of 200 columns: scrolling down', await during(page, () => wheel(page, 120, 200)), 8);
  smooth('1,000 rows of 200 columns: scrolling aside', await during(page, () => wheel(page, 120, 0, 250)), 8);
  within('1,000 rows of 200 columns: keys, p75 to paint', await keysToPaint(page, [...'jjjjjjjjkkkkkkkk', 'End', 'Home']), 100);
});

