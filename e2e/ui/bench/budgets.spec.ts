// The budgets of the interface as one table: `make bench-ui` on an idle
// machine. Times are those of this machine: read them against each other.
import type { Page } from '@playwright/test';

import { seedHour, send, sendLogs, traceId, wideTrace } from '../seed.mjs';
import { expect, test } from '../tests/server';
import { during, type Frames, heap, keysToPaint } from './frames';

const table: string[] = [];
const row = (what: string, measured: string, budget: string): number => table.push(`| ${what} | ${measured} | ${budget} |`);
const frames = (f: Frames): string => `p95 ${f.script95.toFixed(1)} ms script a frame, worst ${f.worst.toFixed(0)}, ${f.rate.toFixed(0)} frames/s, ${f.long} tasks over 50 ms, main thread ${(f.busy * 100).toFixed(0)} %`;
const ms = (n: number): string => `${n.toFixed(0)} ms`;
const mb = (n: number): string => `${(n / 1e6).toFixed(0)} MB`;

test.afterAll(() => console.log(['', '| what | measured | budget |', '| --- | --- | --- |', ...table, ''].join('\n')));

async function took(act: () => Promise<unknown>): Promise<number> {
  const t = performance.now();
  await act();
  return performance.now() - t;
}

/** Milliseconds of the page's own clock until `selector` was painted, from its navigation. */
async function painted(page: Page, selector: string): Promise<number> {
  await page.locator(selector).first().waitFor();
  return page.evaluate(() => new Promise<number>((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()), 0))));
}

const wheel = async (page: Page, steps: number, dy: number): Promise<void> => {
  for (let i = 0; i < steps; i++) {
    await page.mouse.wheel(0, dy);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
  }
};

test('start, pages and keys', async ({ page, server }) => {
  await seedHour(server.url);
  await page.goto(`${server.url}/`);
  await page.locator('main').first().waitFor();
  await page.goto(`${server.url}/`); // the server is warm now; the browser loads from it again
  const usable = await painted(page, 'main a, main [role=row]');
  const first = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN);
  row('first contentful paint', ms(first), '800 ms');
  row('Home usable', ms(usable), '1500 ms');

  for (const [name, key, path] of [['Traces', 't', /traces/], ['Logs', 'l', /logs/], ['Errors', 'e', /errors/], ['Query', 'q', /query/]] as const) {
    const go = async (): Promise<void> => {
      await page.keyboard.press('g');
      await page.keyboard.press(key);
      await expect(page).toHaveURL(path);
      await page.locator('main h1, main [role=grid], main table, main canvas').first().waitFor();
    };
    await go();
    await page.keyboard.press('g');
    await page.keyboard.press('h');
    await page.waitForTimeout(500);
    row(`page to page: ${name}`, ms(await took(go)), '150 ms');
    await page.keyboard.press('g');
    await page.keyboard.press('h');
    await page.waitForTimeout(500);
  }
  await page.goto(`${server.url}/traces`);
  await page.getByRole('link', { name: /GET/ }).first().waitFor();
  row('key to paint in the list of traces, p75', ms(await keysToPaint(page, Array<string>(40).fill('j'))), '100 ms');
});

for (const [n, budget] of [[50_000, '8 ms'], [100_000, '12 ms']] as const) {
  test(`a trace of ${n} spans`, async ({ page, server }) => {
    const id = traceId(n);
    const whole = wideTrace(id, Date.now() - 120_000, n);
    const spans = whole.spans;
    for (let i = 0; i < n; i += 5_000) {
      whole.spans = spans.slice(i, i + 5_000);
      await send(server.url, whole);
    }
    await page.goto(`${server.url}/trace/${id}`);
    await page.getByRole('row').nth(5).waitFor();
    const arrived = await page.evaluate(() => Math.max(...performance.getEntriesByType('resource').filter((e) => /\/api\/trace/.test(e.name)).map((e) => (e as PerformanceResourceTiming).responseEnd)));
    await page.reload();
    const shown = await painted(page, '[role=treegrid] [role=row]');
    const again = await page.evaluate(() => Math.max(...performance.getEntriesByType('resource').filter((e) => /\/api\/trace/.test(e.name)).map((e) => (e as PerformanceResourceTiming).responseEnd)));
    row(`trace of ${n / 1000}k spans: bytes in (${ms(again || arrived)}) to first rows`, ms(shown - again), n === 50_000 ? '500 ms' : '');
    const body = page.locator('.wf-body');
    await body.hover();
    row(`scrolling it`, frames(await during(page, () => wheel(page, 200, 240))), budget);
    await body.hover();
    row(`zooming and panning it`, frames(await during(page, async () => {
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press(['w', 'w', 'd', 'w', 's', 'a'][i % 6]!);
        await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
      }
    })), budget);
    row('keys over its rows, p75', ms(await keysToPaint(page, Array<string>(40).fill('ArrowDown'))), '100 ms');
    const find = page.getByLabel('Find in trace');
    row('finding a word in it', frames(await during(page, async () => {
      await find.fill('index');
      await page.getByText(/of \d[\d,]* match|matches/).first().waitFor({ timeout: 5_000 }).catch(() => undefined);
    })), '60 ms');
    await find.fill('');
    await find.blur();
    await page.keyboard.press('v');
    await expect(page).toHaveURL(/view=flame/);
    await page.waitForTimeout(1_000);
    const box = (await page.locator('main canvas').last().boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    row('flame of it, redrawn by zooming', frames(await during(page, async () => {
      for (let i = 0; i < 40; i++) {
        await page.keyboard.press(['w', 's'][i % 2]!);
        await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
      }
    })), '16 ms');
    row('heap', mb(await heap(page)), n === 50_000 ? '250 MB' : '');
  });
}

test('a hundred thousand lines', async ({ page, server }) => {
  const now = Date.now();
  for (let b = 0; b < 20; b++) {
    await sendLogs(server.url, ['web', 'cart', 'db'][b % 3]!, Array.from({ length: 5_000 }, (_, i) => ({
      at: now - 3_000_000 + (b * 5_000 + i) * 25, level: i % 50 === 7 ? 'ERROR' : 'INFO',
      text: JSON.stringify({ msg: 'request completed', status: 200, path: `/api/items/${i}`, user: { id: `u-${i % 977}` }, took: (i * 31) % 977 }),
    })));
  }
  await page.goto(`${server.url}/logs`);
  const grid = page.getByRole('grid', { name: 'Lines', exact: true });
  await grid.getByRole('row').nth(5).waitFor();
  await grid.hover();
  row('scrolling the lines, which load as one goes', frames(await during(page, () => wheel(page, 400, 600))), '60 frames/s');
  const lines = await page.evaluate(async () => {
    const list = document.querySelector('[role=grid][aria-label=Lines]')!;
    const scroller = list.closest('.vlist') ?? list.parentElement!;
    const until = performance.now() + 120_000;
    let stood = 0;
    while (performance.now() < until && stood < 40) {
      const before = scroller.scrollHeight;
      scroller.scrollTop = before;
      await new Promise((done) => setTimeout(done, 50));
      stood = scroller.scrollHeight === before ? stood + 1 : 0;
    }
    return Math.round(scroller.scrollHeight / (list.querySelector('[role=row]:has([role=gridcell])')?.clientHeight ?? 24));
  });
  await grid.hover();
  row(`scrolling ${lines} loaded lines`, frames(await during(page, () => wheel(page, 300, -900))), '60 frames/s');
  row('heap', mb(await heap(page)), '300 MB');
});

test('live tail of 500 lines a second', async ({ page, server }) => {
  await sendLogs(server.url, 'web', [{ at: Date.now(), text: 'first' }]);
  await page.goto(`${server.url}/logs/tail`);
  await page.locator('main').waitFor();
  await page.waitForTimeout(2_000);
  let n = 0;
  const second = (): Promise<unknown> => sendLogs(server.url, 'web', Array.from({ length: 50 }, () => ({ at: Date.now(), text: `GET /api/items/${n++} 200 in ${n % 97} ms`, level: n % 50 ? 'INFO' : 'ERROR' })));
  const some = async (): Promise<void> => {
    for (let i = 0; i < 150; i++) {
      const until = Date.now() + 100;
      await second();
      await new Promise((done) => setTimeout(done, Math.max(until - Date.now(), 0)));
    }
  };
  row('live tail', frames(await during(page, some)), 'main thread 25 %');
  const full = await heap(page);
  await some();
  row('heap of the tail, and after 7,500 more lines', `${mb(full)}, ${mb(await heap(page))}`, 'no growth after the buffer is full');
});

test('charts of the Query page', async ({ page, server }) => {
  await seedHour(server.url);
  await page.goto(`${server.url}/query?calc=HEATMAP(duration_ms)`);
  await page.locator('main canvas').first().waitFor();
  await page.waitForTimeout(1_000);
  const box = (await page.locator('main canvas').first().boundingBox())!;
  row('heatmap: moving over it and selecting', frames(await during(page, async () => {
    await page.mouse.move(box.x + box.width * 0.3, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.7, box.y + box.height * 0.7, { steps: 40 });
    await page.keyboard.press('Escape');
    await page.mouse.up();
  })), '6 ms');
});
