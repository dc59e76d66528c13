import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';

import { send, sendLogs, shopTrace, traceId } from '../seed.mjs';
import { expect, test } from './server';

const rows = (page: Page): Locator => page.getByRole('grid', { name: 'Lines', exact: true }).getByRole('row').filter({ has: page.getByRole('gridcell') });
const bar = (page: Page): Locator => page.getByRole('combobox', { name: 'Filter lines' });
const line = (page: Page, text: string): Locator => rows(page).filter({ hasText: text });
const panel = (page: Page): Locator => page.getByRole('complementary', { name: 'Line', exact: true });
const param = (page: Page, name: string): string[] => new URL(page.url()).searchParams.getAll(name);

/** An hour of lines of three services: JSON, logfmt, words, a stack, and a burst of errors. */
async function seed(url: string, now = Date.now()): Promise<void> {
  const trace = traceId(0x77);
  await send(url, shopTrace(trace, now - 600_000));
  const at = (i: number): number => now - 3_000_000 + i * 9_000;
  await sendLogs(url, 'web', Array.from({ length: 300 }, (_, i) => ({
    at: at(i), level: i % 50 === 7 ? 'ERROR' : 'INFO',
    text: JSON.stringify({ msg: 'request completed', status: i % 50 === 7 ? 503 : 200, path: `/api/items/${i}`, user: { id: `u-${i % 7}` } }),
  })));
  await sendLogs(url, 'db', Array.from({ length: 40 }, (_, i) => ({ at: at(220) + i * 500, level: 'ERROR', text: `connection pool exhausted after ${i} ms`, fields: { 'pool.size': 20 } })));
  await sendLogs(url, 'cart', [
    { at: now - 599_900, level: 'WARN', text: 'level=warn msg="cart is large" items=240', trace, span: trace.slice(0, 8) + '00000002' },
    { at: now - 599_800, level: 'DEBUG', text: 'Traceback (most recent call last):\n  File "cart.py", line 12\nValueError: no', trace },
    { at: now - 599_700, text: '\u001b[32mgreen\u001b[0m words <b>not bold</b>' },
  ]);
}

/** Drags over the histogram, by shares of its width. */
async function brush(page: Page, from: number, to: number, shift = false): Promise<void> {
  const box = (await page.locator('.loghist-area').boundingBox())!;
  const x = (f: number): number => box.x + 44 + (box.width - 52) * f;
  if (shift) await page.keyboard.down('Shift');
  await page.mouse.move(x(from), box.y + 40);
  await page.mouse.down();
  await page.mouse.move(x(to), box.y + 40, { steps: 5 });
  await page.mouse.up();
  if (shift) await page.keyboard.up('Shift');
}

test.describe('search', () => {
  test.beforeEach(async ({ server }) => seed(server.url));

  test('the bar says what it understood, and the address holds it', async ({ page, server }) => {
    await page.goto(`${server.url}/logs`);
    await expect(rows(page).first()).toBeVisible();
    for (const [text, language, hits] of [
      ['"pool exhausted"', 'filter pattern', 40],
      ['{ $.status = 5* }', 'JSON pattern', 6],
      ['level:error service:db', 'fields', 40],
      ['status:>=500', 'fields', 6],
    ] as const) {
      await bar(page).fill(text);
      await expect(page.locator('.lkind')).toHaveText(language);
      await page.keyboard.press('Enter');
      await expect(page.getByText(`${hits} lines of all levels`)).toBeVisible();
      expect(param(page, 'q')).toEqual([text]);
    }
    await page.reload();
    await expect(bar(page)).toHaveValue('status:>=500');
    await expect(page.getByText('6 lines of all levels')).toBeVisible();
    await bar(page).fill('{ $.status = ');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('alert').first()).toContainText(/expected/);
    await page.goBack();
    await expect(page.getByText('6 lines of all levels')).toBeVisible();
  });

  test('fields and values are completed', async ({ page, server }) => {
    await page.goto(`${server.url}/logs`);
    await expect(page.getByRole('complementary', { name: 'Fields' }).getByRole('button', { name: 'user.id', exact: true })).toBeVisible();
    await bar(page).click();
    await bar(page).pressSequentially('lev');
    await page.getByRole('option', { name: /^level:/ }).click();
    await page.getByRole('option', { name: /^error/ }).click();
    await expect(bar(page)).toHaveValue('level:error ');
    await page.keyboard.press('Enter');
    await expect(page.getByText('46 lines of all levels')).toBeVisible();
  });

  test('levels, values and conditions narrow, and each can be taken back', async ({ page, server }) => {
    await page.goto(`${server.url}/logs`);
    await page.getByRole('group', { name: 'Levels' }).getByRole('button', { name: /^error/ }).click();
    await expect(rows(page).first()).toContainText('ERR');
    expect(param(page, 'level')).toEqual(['error']);
    const fields = page.getByRole('complementary', { name: 'Fields' });
    await fields.getByRole('button', { name: 'service.name', exact: true }).click();
    await fields.getByRole('button', { name: 'Only service.name db' }).click();
    await expect(page.getByRole('button', { name: 'Remove service.name = "db"' })).toBeVisible();
    await expect(page.getByText('40 lines of all levels')).toBeVisible();
    await page.getByTitle(/click to turn it around/).click();
    expect(param(page, 'where')).toEqual(['service.name != "db"']);
    await expect(rows(page).first()).toContainText('"status":503');
    await page.goBack();
    await expect(page.getByRole('button', { name: 'Remove service.name = "db"' })).toBeVisible();
  });

  test('brushing zooms, with Shift it says what is different, a click goes to the lines of that time', async ({ page, server }) => {
    await page.goto(`${server.url}/logs`);
    await expect(page.getByRole('img', { name: /^343 lines over time/ })).toBeVisible();
    await brush(page, 0.6, 0.8, true);
    await expect(page.getByRole('complementary', { name: 'BubbleUp' }).locator('.fieldcard').first()).toBeVisible();
    expect(param(page, 'sel')).toHaveLength(1);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('complementary', { name: 'BubbleUp' })).toBeHidden();
    const first = await rows(page).first().locator('.ltime').textContent();
    await page.locator('.loghist-area').click({ position: { x: 400, y: 60 } });
    await expect.poll(() => rows(page).first().locator('.ltime').textContent()).not.toBe(first);
    await brush(page, 0.6, 0.8);
    await expect(page).toHaveURL(/from=\d{19}/);
  });

  test('a line opens beside with its fields, what stood around it and its trace, and its link finds it again', async ({ page, server }) => {
    await page.goto(`${server.url}/logs`);
    await bar(page).fill('"cart is large"');
    await page.keyboard.press('Enter');
    await line(page, 'cart is large').click();
    await expect(panel(page).getByText('service.name')).toBeVisible();
    await panel(page).getByRole('tab', { name: 'Context' }).click();
    const around = page.getByRole('grid', { name: 'Lines around' });
    await panel(page).getByRole('button', { name: 'All lines' }).click();
    await expect(around.getByText('request completed').first()).toBeVisible();
    await expect(around.getByRole('row', { selected: true })).toContainText('cart is large');
    await panel(page).getByRole('tab', { name: 'Trace' }).click();
    await expect(panel(page).getByRole('link', { name: /Cart\.Get/ })).toBeVisible();
    await expect(page.getByRole('grid', { name: 'Lines of the trace' }).getByText('Traceback')).toBeVisible();
    const link = page.url();
    const other = await page.context().newPage();
    await other.goto(link);
    await expect(other.getByRole('grid', { name: 'Lines', exact: true }).getByRole('row', { selected: true })).toContainText('cart is large');
    await other.close();
    await panel(page).getByRole('link', { name: 'Open trace' }).click();
    await expect(page).toHaveURL(/\/trace\//);
    await page.getByRole('link', { name: 'Log lines' }).click();
    await expect(rows(page)).toHaveCount(2);
  });

  test('text stays text: markup, terminal colours, ends of lines', async ({ page, server }) => {
    await page.goto(`${server.url}/logs?q=green`);
    await expect(line(page, 'words <b>not bold</b>')).toBeVisible();
    await expect(rows(page).locator('b')).toHaveCount(0);
    await expect(rows(page).locator('.ansi2')).toHaveText('green');
    await page.goto(`${server.url}/logs?q=Traceback&wrap=1`);
    await expect.poll(async () => (await line(page, 'ValueError').boundingBox())?.height).toBeGreaterThan(50);
  });

  test('everything works by key', async ({ page, server }) => {
    await page.goto(`${server.url}/logs`);
    await expect(rows(page).first()).toBeVisible();
    await page.keyboard.press('/');
    await expect(bar(page)).toBeFocused();
    await page.keyboard.type('service:db');
    await page.keyboard.press('Enter');
    await expect(page.getByText('40 lines of all levels')).toBeVisible();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await expect(panel(page)).toContainText('connection pool exhausted after 38 ms');
    await page.keyboard.press('j');
    await expect(panel(page)).toContainText('after 37 ms');
    await page.keyboard.press('i');
    const around = page.getByRole('grid', { name: 'Lines around' });
    await expect(around.getByRole('row').filter({ hasText: 'after 38 ms' })).toBeVisible();
    await page.keyboard.press('n'); // the oldest first here
    await page.keyboard.press('f');
    await expect(panel(page)).toContainText('after 38 ms');
    await expect(panel(page).getByRole('definition').first().getByRole('button')).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('menuitem', { name: 'Filter to this value' })).toBeFocused();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await expect(panel(page)).toBeHidden();
    await page.keyboard.press('x');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('Shift+X');
    await expect(page.getByText('3 lines selected')).toBeVisible();
    await page.keyboard.press('Escape');
    await page.keyboard.press('w');
    expect(param(page, 'wrap')).toEqual(['1']);
  });

  test('nothing to see says why, and what to do', async ({ page, server }) => {
    await page.goto(`${server.url}/logs?q=level:error%20nosuchword&where=${encodeURIComponent('nosuch.field = 1')}`);
    await expect(page.getByRole('heading', { name: 'No line matches in this range' })).toBeVisible();
    await expect(page.getByText('nosuch.field', { exact: true })).toBeVisible();
    await page.getByRole('button', { name: /^Remove nosuch/ }).last().click();
    await page.getByRole('button', { name: 'Remove the filter' }).click();
    await expect(rows(page).first()).toBeVisible();
    await page.goto(`${server.url}/logs?from=1600000000000000000&to=1600000060000000000`);
    await page.getByRole('button', { name: 'Go there' }).click();
    await expect(rows(page).first()).toBeVisible();
  });
});

test('lines of one moment are neither lost nor shown twice', async ({ page, server }) => {
  const at = Date.now() - 60_000;
  for (let k = 0; k < 3; k++) await sendLogs(server.url, 'burst', Array.from({ length: 1000 }, (_, i) => ({ at, text: `burst ${k * 1000 + i} end` })));
  await page.goto(`${server.url}/logs`);
  await expect(page.getByText('3000 lines of all levels')).toBeVisible();
  // Walked over in the page: a thousand looks from outside would take longer than a test may.
  const seen = await page.locator('.lines').evaluate(async (list) => {
    const texts = new Set<string>();
    const atEnd = (): boolean =>
      list.scrollTop + list.clientHeight >= list.scrollHeight - 1 && document.body.textContent.includes('No more lines in this range');
    for (let last = false; !last; ) {
      last = atEnd();
      list.querySelectorAll('.ltext').forEach((e) => texts.add(e.textContent));
      list.scrollTop += list.clientHeight / 2;
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    }
    return [...texts];
  });
  expect(seen).toHaveLength(3000);
  await expect(page.getByText('No more lines in this range')).toBeVisible();
});

test('nothing was ever sent: the page says how', async ({ page, server }) => {
  await page.goto(`${server.url}/logs`);
  await expect(page.getByRole('heading', { name: 'No log line has been sent yet' })).toBeVisible();
  await expect(page.getByText(/AWS_ENDPOINT_URL_CLOUDWATCH_LOGS=/)).toBeVisible();
});

test('live tail: pushed lines, colours with counts, and nothing moves under who reads', async ({ page, server }) => {
  const say = (text: string, level = 'INFO'): Promise<void> => sendLogs(server.url, 'web', [{ at: Date.now(), text, level }]);
  await say('before');
  await page.goto(`${server.url}/logs/tail?hl=boom`);
  await expect(page.getByText('live', { exact: true })).toBeVisible();
  const lines = page.getByRole('grid', { name: 'Lines as they come in' });
  await say('first boom');
  await expect(lines.getByText('first')).toBeVisible();
  await expect(lines.locator('.mark1')).toHaveText('boom');
  await expect(page.getByRole('group', { name: 'Highlights' })).toContainText('boom1');
  await lines.getByText('first').click();
  await expect(panel(page)).toContainText('first boom');
  await say('second boom');
  await expect(page.getByRole('button', { name: 'Paused while a line is open · 1 new ↓' })).toBeVisible();
  await expect(lines.getByText('second')).toBeHidden();
  await page.getByRole('button', { name: /1 new/ }).click();
  await expect(lines.getByText('second')).toBeVisible();
  await expect(panel(page)).toBeHidden();
  await page.mouse.move(5, 5);
  await bar(page).fill('level:error');
  await page.keyboard.press('Enter');
  await expect(lines.getByText(/other lines from here on/)).toBeVisible();
  await expect(page.getByText('live', { exact: true })).toBeVisible();
  await say('quiet');
  await say('loud', 'ERROR');
  await expect(lines.getByText('loud')).toBeVisible();
  await expect(lines.getByText('quiet')).toBeHidden();
  await page.keyboard.press('Escape');
  await page.keyboard.press('p');
  await say('held', 'ERROR');
  await expect(page.getByRole('button', { name: 'Paused · 1 new ↓' })).toBeVisible();
  await page.keyboard.press('p');
  await expect(lines.getByText('held')).toBeVisible();
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await expect(lines.getByText(/cleared at/)).toBeVisible();
  await expect(lines.getByText('held')).toBeHidden();
});

test('log groups: made, kept for some days, searched, deleted', async ({ page, server }) => {
  const aws = async (operation: string, input: unknown): Promise<void> => {
    const r = await fetch(`${server.url}/`, {
      method: 'POST', headers: { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': `Logs_20140328.${operation}`, 'Sec-Fetch-Site': 'same-origin' },
      body: JSON.stringify(input),
    });
    if (!r.ok) throw new Error(await r.text());
  };
  await sendLogs(server.url, 'otlp-service', [{ at: Date.now(), text: 'hello' }]);
  await page.goto(`${server.url}/logs/groups`);
  await expect(page.getByRole('row', { name: /otlp-service/ })).toContainText('OTLP');
  await page.getByRole('button', { name: 'New group' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('/app/web');
  await page.getByRole('combobox', { name: 'Keep lines for' }).selectOption('7 days');
  await page.getByRole('button', { name: 'Make it' }).click();
  const row = page.getByRole('row', { name: /\/app\/web/ });
  await expect(row).toContainText('7 days');
  await row.getByRole('button', { name: '/app/web keeps lines for' }).click();
  await page.getByRole('menuitemcheckbox', { name: '30 days' }).click();
  await expect(row).toContainText('30 days');
  await aws('CreateLogStream', { logGroupName: '/app/web', logStreamName: 'box-1' });
  await aws('PutLogEvents', { logGroupName: '/app/web', logStreamName: 'box-1', logEvents: [{ timestamp: Date.now(), message: '{"level":"warn","msg":"by CloudWatch"}' }] });
  await row.getByRole('button', { name: '/app/web', exact: true }).click();
  await expect(page.getByRole('row', { name: /^box-1/ })).toBeVisible();
  await page.getByRole('button', { name: 'Refresh' }).click();
  await expect(row.getByText(/ago/)).toBeVisible();
  await row.getByRole('link', { name: 'Search' }).click();
  await expect(line(page, 'by CloudWatch')).toContainText('WRN');
  await page.goBack();
  await row.getByRole('button', { name: 'More about /app/web' }).click();
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  await expect(page.getByRole('button', { name: 'Delete', exact: true })).toBeDisabled();
  await page.getByRole('textbox', { name: 'Write its name to delete it' }).fill('/app/web');
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(row).toHaveCount(0);
});

/** What axe finds wrong with a page. */
async function look(page: Page, name: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map((v) => `${name}: ${v.id} ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(' | ')}`)).toEqual([]);
}

for (const theme of ['dark', 'light'] as const) {
  test.describe(theme, () => {
    test.use({ colorScheme: theme });
    test.slow(); // axe looks at every run of every line
    test.beforeEach(async ({ server }) => seed(server.url));

    test('axe finds nothing wrong with the search', async ({ page, server }) => {
      await page.goto(`${server.url}/logs?q=${encodeURIComponent('request')}&cols=user.id&where=${encodeURIComponent('status exists')}`);
      await expect(rows(page).first()).toBeVisible();
      await page.getByRole('complementary', { name: 'Fields' }).getByRole('button', { name: 'status', exact: true }).click();
      await rows(page).nth(2).click();
      await expect(panel(page).getByText('service.name')).toBeVisible();
      await look(page, 'a line');
      await panel(page).getByRole('tab', { name: 'Context' }).click();
      await expect(page.getByRole('grid', { name: 'Lines around' }).getByRole('row').first()).toBeVisible();
      await page.getByRole('button', { name: 'All log groups' }).click();
      await look(page, 'context, and groups to choose');
      await page.goto(`${server.url}/logs?q=nosuchword`);
      await expect(page.getByRole('heading', { name: 'No line matches in this range' })).toBeVisible();
      await look(page, 'nothing');
    });

    test('axe finds nothing wrong with the tail and the groups', async ({ page, server }) => {
      await page.goto(`${server.url}/logs/tail?hl=status&hl=user`);
      await expect(page.getByText('live', { exact: true })).toBeVisible();
      await sendLogs(server.url, 'web', [{ at: Date.now(), text: '{"status":200,"user":"x"}' }]);
      await expect(page.getByRole('grid', { name: 'Lines as they come in' }).locator('.mark1').first()).toBeVisible();
      await look(page, 'tail');
      await page.goto(`${server.url}/logs/groups`);
      await page.getByRole('button', { name: 'cart', exact: true }).click();
      await expect(page.getByRole('row', { name: /^default/ })).toBeVisible();
      await look(page, 'log groups');
    });
  });
}
