import { seedHour, send, sendLogs, shopTrace, traceId, TraceMaker, wideTrace } from '../seed.mjs';
import { expect, test } from './server';

const failing = traceId(0x1004);

test('from the list to a span and its fields with keys alone', async ({ page, server }) => {
  await seedHour(server.url);
  await page.goto(`${server.url}/traces?errors=1`);
  await expect(page.getByRole('link', { name: /GET \/api\/cart/ }).first()).toBeVisible();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/trace\//);
  await expect(page.getByRole('row')).toHaveCount(9); // one is the exception
  await expect(page.getByRole('row', { name: /SELECT products.*24 times/ })).toBeVisible();

  await page.keyboard.press('e');
  await expect(page.getByRole('row', { selected: true })).toHaveAttribute('aria-label', /Cart\.Get/);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight'); // the repeats, one by one
  await expect(page.getByRole('row')).toHaveCount(32);
  await page.keyboard.press('c');
  await expect(page.getByRole('row')).toHaveCount(4);
  await page.keyboard.press('Shift+C');
  await page.keyboard.press('v');
  await expect(page).toHaveURL(/view=flame/);
  await page.keyboard.press('v');
  await expect(page.getByRole('cell', { name: /database SELECT products/ })).toBeVisible();
});

test('a link shows the same view, span, zoom and search', async ({ page, server, browser }) => {
  await send(server.url, shopTrace(failing, Date.now() - 60_000, { fail: true }));
  await page.goto(`${server.url}/trace/${failing}`);
  await page.getByRole('row', { name: /exchange rates/ }).click();
  await page.keyboard.press('z');
  await page.getByLabel('Find in trace').fill('duration>50ms');
  await expect(page).toHaveURL(/span=.*zoom=|zoom=.*span=/);
  await expect(page).toHaveURL(/find=/);
  const other = await (await browser.newContext()).newPage();
  await other.goto(page.url());
  await expect(other.getByRole('row', { name: /exchange rates/ })).toHaveAttribute('aria-selected', 'true');
  await expect(other.getByLabel('Find in trace')).toHaveValue('duration>50ms');
  await expect(other.getByRole('complementary', { name: 'Span' })).toContainText('connection refused');
  await other.context().close();
});

test('the value menu filters traces by the value, with keys', async ({ page, server }) => {
  await send(server.url, shopTrace(failing, Date.now() - 60_000));
  await page.goto(`${server.url}/trace/${failing}`);
  await page.getByRole('button', { name: 'http.route: /api/cart' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: 'Filter to this value' })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('menuitem', { name: 'Exclude this value' })).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('combobox', { name: 'Filter' })).toHaveValue('http.route = "/api/cart"');
  await expect(page.getByRole('link', { name: /GET \/api\/cart/ })).toHaveCount(1);
});

test('events, links and a parent that never came are shown', async ({ page, server }) => {
  await send(server.url, shopTrace(failing, Date.now() - 60_000, { fail: true }));
  await page.goto(`${server.url}/trace/${failing}`);
  await expect(page.getByText('1 parent is missing')).toBeVisible();
  await expect(page.getByRole('row', { name: /parent that never arrived/ })).toBeVisible();
  await page.getByRole('row', { name: /exchange rates/ }).click();
  await page.getByRole('tab', { name: 'Events 1' }).click();
  await expect(page.getByRole('tabpanel')).toContainText('rates.py:14');
  await page.getByRole('row', { name: /Pricing\.Quote/ }).click();
  await page.getByRole('tab', { name: 'Links 1' }).click();
  await expect(page.getByRole('link', { name: 'f'.repeat(32) })).toBeVisible();
});

test('spans that come late join without moving the selected row', async ({ page, server }) => {
  const t = shopTrace(failing, Date.now() - 1000);
  const all = t.spans;
  t.spans = all.filter((s: { service: string }) => s.service !== 'pricing');
  await send(server.url, t);
  await page.goto(`${server.url}/trace/${failing}`);
  await page.getByRole('row', { name: /SELECT products/ }).click();
  await expect(page.getByRole('row', { name: /Pricing\.Quote/ })).toBeHidden();
  t.spans = all.filter((s: { service: string }) => s.service === 'pricing');
  await send(server.url, t);
  await expect(page.getByRole('row', { name: /Pricing\.Quote/ })).toBeVisible();
  await expect(page.getByRole('row', { name: /SELECT products/ })).toHaveAttribute('aria-selected', 'true');
});

test('the trace is copied as text and with all its fields', async ({ page, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await send(server.url, shopTrace(failing, Date.now() - 60_000, { fail: true }));
  await page.goto(`${server.url}/trace/${failing}`);
  const copied = async (item: string): Promise<string> => {
    await page.evaluate(() => navigator.clipboard.writeText(''));
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByRole('menuitem', { name: item }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).not.toBe('');
    return page.evaluate(() => navigator.clipboard.readText());
  };
  expect(await copied('X-Ray trace id')).toBe(`1-${failing.slice(0, 8)}-${failing.slice(8)}`);
  expect(await copied('Outline as text')).toContain('      pricing exchange rates');
  const all = JSON.parse(await copied('Spans as JSON'));
  expect(all.spans).toHaveLength(31);
  expect(all.spans[0].fields['http.route']).toBe('/api/cart');
  expect(all.spans.flatMap((s: { events: unknown[] }) => s.events)).toHaveLength(2);
});

test('an id that nobody knows is said, with a way on', async ({ page, server }) => {
  await page.goto(`${server.url}/trace/${traceId(0xdead)}`);
  await expect(page.getByRole('alert')).toContainText('no span');
  await expect(page.getByRole('link', { name: 'All traces' })).toBeVisible();
});

test('50,000 spans zoom without touching a row, scroll with few rows, and fold', async ({ page, server }) => {
  const t = wideTrace(traceId(0xb0), Date.now() - 120_000, 50_000);
  const all = t.spans;
  for (let i = 0; i < all.length; i += 10_000) {
    t.spans = all.slice(i, i + 10_000);
    await send(server.url, t);
  }
  await page.goto(`${server.url}/trace/${traceId(0xb0)}?repeats=open`);
  await expect(page.getByText('50000 rows')).toBeVisible();
  await expect(page.getByRole('row', { name: /nightly import/ })).toBeVisible();
  const zoomed = await page.evaluate(async () => {
    const frame = (): Promise<unknown> => new Promise((next) => requestAnimationFrame(next));
    const names = document.querySelector('.wf-view .names')!;
    const bars = document.querySelector('.wf-view .bars')!;
    const canvas = bars.querySelector('canvas')!;
    const touched = new MutationObserver(() => undefined);
    const before = canvas.toDataURL();
    let draws = 0;
    const clear = CanvasRenderingContext2D.prototype.clearRect;
    CanvasRenderingContext2D.prototype.clearRect = function (...box) {
      if (this.canvas === canvas) draws++;
      clear.apply(this, box);
    };
    touched.observe(names, { subtree: true, childList: true, attributes: true, characterData: true });
    const left = bars.getBoundingClientRect().left + 200;
    for (let i = 0; i < 40; i++) {
      // Three turns of the wheel in a frame are one drawing.
      for (let k = 0; k < 3; k++) {
        bars.dispatchEvent(new WheelEvent('wheel', { deltaY: i % 40 < 30 ? -60 : 60, ctrlKey: true, clientX: left, bubbles: true, cancelable: true }));
      }
      await frame();
    }
    await frame();
    // The row layer's own transform is set anew, to what it was.
    const rows = touched.takeRecords().filter((r) => r.type !== 'attributes' || (r.target as Element).getAttribute('role') !== 'rowgroup').length;
    CanvasRenderingContext2D.prototype.clearRect = clear;
    return { rows, draws, changed: canvas.toDataURL() !== before };
  });
  expect(zoomed.changed).toBe(true);
  expect(zoomed.rows).toBe(0);
  expect(zoomed.draws).toBeLessThanOrEqual(42);
  await expect(page).toHaveURL(/zoom=\d+-\d+/);

  for (const top of [7_000, 600_000, 50_000 * 24]) {
    await page.locator('.wf-body').evaluate((body, y) => (body.scrollTop = y), top);
    const row = Math.min(Math.floor(top / 24) + 2, 49_999);
    await expect(page.locator(`#row-${row}`)).toBeInViewport();
    expect(await page.getByRole('row').count()).toBeLessThan(100);
  }
  await page.keyboard.press('c');
  await expect(page.getByText('1251 rows')).toBeVisible();
});

test('log lines of the trace are rows at their time, and open beside', async ({ page, server }) => {
  const now = Date.now() - 60_000;
  const t = shopTrace(failing, now, { fail: true });
  await send(server.url, t);
  const spanOf = (name: string): string => t.spans.find((s) => s.span.name === name)!.span.spanId;
  await sendLogs(server.url, 'cart', [
    { at: now + 15, text: 'cache miss for user 42', level: 'WARN', trace: failing, span: spanOf('Cart.Get'), fields: { attempt: 3 } },
    { at: now + 2, text: 'request begins', trace: failing },
  ]);
  await page.goto(`${server.url}/trace/${failing}`);
  const line = page.getByRole('row', { name: /log, warn, cache miss for user 42, at 15/ });
  await expect(line).toHaveAttribute('aria-level', '3');
  await line.click();
  await expect(page.locator('.event.chosen')).toContainText('attempt');
  await page.keyboard.press('End');
  await expect(page.getByRole('row', { selected: true })).toHaveAttribute('aria-label', /request begins/);
  await expect(page.getByRole('complementary', { name: 'Line' })).toContainText('request begins');
  await page.keyboard.press('i');
  await expect(line).toBeHidden();
  await expect(page).toHaveURL(/logs=off/);
});

test('what filters hide is counted and can be shown again', async ({ page, server }) => {
  await send(server.url, shopTrace(failing, Date.now() - 60_000, { fail: true }));
  await page.goto(`${server.url}/trace/${failing}?hide=database&hide=pricing`);
  await expect(page.getByText('27 spans hidden, 1 error')).toBeVisible();
  await page.getByRole('button', { name: 'show all' }).click();
  await expect(page.getByRole('row', { name: /Pricing/ })).toBeVisible();
  await expect(page).not.toHaveURL(/hide=/);
});

test('fields: pinned ones first, what differs from the parent, and the request as curl', async ({ page, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const t = new TraceMaker(failing, Date.now() - 60_000);
  const root = t.span('shop', 'GET /cart', 0, 40, { kind: 2, fields: { tenant: 'a', region: 'eu' } });
  t.span('shop', 'GET rates', 5, 20, {
    parent: root, kind: 3, fields: { tenant: 'a', region: 'us', 'http.request.method': 'GET', 'url.full': 'https://rates.example/v1?token=abc', 'db.statement': 'SELECT a FROM b WHERE c = 1' },
  });
  await send(server.url, t);
  await page.goto(`${server.url}/trace/${failing}`);
  await page.getByRole('row', { name: /GET rates/ }).click();
  await page.getByRole('button', { name: 'Copy as curl' }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("curl 'https://rates.example/v1?token=***'");
  await page.getByRole('button', { name: 'region: us' }).click();
  await page.getByRole('menuitem', { name: 'Pin this field' }).click();
  await expect(page.locator('.span-body dt').first()).toHaveText('region');
  await page.getByRole('button', { name: /Unlike parent/ }).click();
  await expect(page.getByRole('button', { name: 'tenant: a' })).toBeHidden();
  await expect(page.getByRole('button', { name: 'region: us' })).toBeVisible();
  await page.keyboard.press('ArrowUp');
  await expect(page.locator('.span-body dt').first()).toHaveText('region');
  await page.getByRole('button', { name: 'tenant: a' }).click({ modifiers: ['Alt'] });
  await expect(page.getByRole('combobox', { name: 'Filter' })).toHaveValue('tenant = "a"');
});

test('the way back leads to the list as it was', async ({ page, server }) => {
  await seedHour(server.url);
  await page.goto(`${server.url}/traces?errors=1&svc=cart&from=now-3h`);
  await page.getByRole('link', { name: /GET \/api\/cart/ }).first().click();
  await expect(page).toHaveURL(/\/trace\//);
  await page.getByRole('link', { name: '← Traces' }).click();
  await expect(page).toHaveURL(/errors=1&svc=cart&from=now-3h/);
});

test('any span can be the root; the way back up is shown and the address keeps it', async ({ page, server }) => {
  await send(server.url, shopTrace(failing, Date.now() - 60_000));
  await page.goto(`${server.url}/trace/${failing}`);
  await page.getByRole('row', { name: /Pricing\.Quote/ }).click();
  await page.getByRole('button', { name: 'Root here' }).click();
  await expect(page.getByRole('row')).toHaveCount(3);
  await expect(page.getByRole('row').first()).toHaveAttribute('aria-level', '1');
  await page.reload();
  await expect(page.getByRole('row')).toHaveCount(3);
  const way = page.getByRole('navigation', { name: 'Root' });
  await way.getByRole('button', { name: 'Cart.Get' }).click();
  await expect(page.getByRole('row', { name: /SELECT products.*24 times/ })).toBeVisible();
  await expect(page.getByRole('row', { name: /GET \/api\/cart/ })).toBeHidden();
  await page.keyboard.press('Escape');
  await expect(way).toBeHidden();
  await expect(page.getByRole('row', { name: /GET \/api\/cart/ })).toBeVisible();
});

test('finds spans by any field, and says what it does not understand', async ({ page, server }) => {
  await send(server.url, shopTrace(failing, Date.now() - 60_000, { fail: true }));
  await page.goto(`${server.url}/trace/${failing}`);
  const find = page.getByLabel('Find in trace');
  await find.fill('db.statement:products');
  await expect(page.locator('.find [role=status]')).toHaveText('24');
  await find.fill('exception.message contains "refused"');
  await expect(page.locator('.find [role=status]')).toHaveText('1');
  await find.press('Enter');
  await expect(page.getByRole('row', { selected: true })).toHaveAttribute('aria-label', /exchange rates/);
  await find.fill('row = AND (');
  await expect(page.locator('.find [role=status]')).toHaveText('not understood');
});
