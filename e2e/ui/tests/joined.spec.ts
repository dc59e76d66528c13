// One request that came by four doors is one story: from each part of it the others are one step away.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { report, sendErrors } from '../seed-errors.mjs';
import { send, shopTrace, traceId } from '../seed.mjs';
import { expect, test } from './server';

const id = traceId(0x77);
const xray = `1-${id.slice(0, 8)}-${id.slice(8)}`;

async function aws(url: string, path: string, body: unknown, target = ''): Promise<void> {
  const headers: Record<string, string> = { 'Content-Type': target ? 'application/x-amz-json-1.1' : 'application/json' };
  if (target) headers['X-Amz-Target'] = `Logs_20140328.${target}`;
  const r = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!r.ok) throw new Error(`${path} ${target}: ${r.status} ${await r.text()}`);
}

/** Spans in OTLP, a segment of X-Ray, a line of CloudWatch Logs and an error of Rollbar, all of one trace. */
async function seed(url: string): Promise<number> {
  const start = Date.now() - 5000;
  await send(url, shopTrace(id, start));
  await aws(url, '/TraceSegments', {
    TraceSegmentDocuments: [
      JSON.stringify({ name: 'billing', id: '1111111111111111', trace_id: xray, start_time: start / 1000 + 0.05, end_time: start / 1000 + 0.15 }),
    ],
  });
  const [logGroupName, logStreamName] = ['cruddur', 'web'];
  await aws(url, '/', { logGroupName }, 'CreateLogGroup');
  await aws(url, '/', { logGroupName, logStreamName }, 'CreateLogStream');
  const message = `WARN the cart is not in the cache ${xray}`;
  await aws(url, '/', { logGroupName, logStreamName, logEvents: [{ timestamp: start + 60, message }] }, 'PutLogEvents');
  await sendErrors(url, [report({ trace: id, timestamp: (start + 80) / 1000 })]);
  return start;
}

async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`)).toEqual([]);
}

test('trace, error, log line, trace: whichever door each came by', async ({ page, server }) => {
  test.slow(); // five pages, two of them looked at by axe
  await seed(server.url);
  await page.goto(`${server.url}/trace/${id}`);
  const rows = page.getByRole('row');
  await expect(rows.filter({ hasText: 'billing' }).first()).toBeVisible();
  await expect(rows.filter({ hasText: 'the cart is not in the cache' }).first()).toBeVisible();
  const error = rows.filter({ hasText: 'KeyError' }).first();
  await expect(error).toBeVisible();
  await accessible(page);

  await error.click();
  await page.getByRole('link', { name: 'Open the error: all its occurrences' }).click();
  await expect(page).toHaveURL(/\/errors\/\d+/);
  await expect(page.getByRole('heading', { level: 1, name: /KeyError/ })).toBeVisible();
  const line = page.getByText('the cart is not in the cache').first();
  await expect(line).toBeVisible();
  await accessible(page);

  await page.goto(`${server.url}/logs?where=${encodeURIComponent(`trace.trace_id = "${id}"`)}`);
  await page.getByText('the cart is not in the cache').first().click();
  await page.getByRole('tab', { name: 'Trace' }).click();
  await page.getByRole('link', { name: /Open (?:the )?trace/ }).first().click();
  await expect(page).toHaveURL(new RegExp(`/trace/${id}`));
});

test('the field in the header finds the request by what each vendor calls it', async ({ page, server }) => {
  await seed(server.url);
  await page.goto(`${server.url}/setup`);
  await expect(page.getByRole('combobox', { name: 'Find anything' })).toBeVisible();
  const found = async (text: string, name: RegExp, to: RegExp): Promise<void> => {
    await page.keyboard.press('Control+k');
    await page.keyboard.insertText(text);
    await expect(page.getByRole('option', { name }).first()).toBeVisible();
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(to);
  };
  await found(xray, /trace/, new RegExp(`/trace/${id}`));
  await found(`https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#xray:traces/${xray}`, /trace/, new RegExp(`/trace/${id}`));
  await found('1111111111111111', /billing.*span/, new RegExp(`/trace/${id}.*span=1111111111111111`));
  await found('https://app.rollbar.com/a/acme/fix/item/web/1', /#1 KeyError/, /\/errors\/\d+/);
  const events = (await (
    await fetch(server.url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': 'Logs_20140328.FilterLogEvents' },
      body: JSON.stringify({ logGroupName: 'cruddur' }),
    })
  ).json()) as { events: { eventId: string }[] };
  await found(events.events[0]!.eventId, /the cart is not in the cache.*log line/, /\/logs\?.*line=/);
  await expect(page.getByText('the cart is not in the cache').first()).toBeVisible();
});

test('set-up has a card for each product, and what came in leads to it', async ({ page, server }) => {
  await page.goto(`${server.url}/setup`);
  for (const [card, tab, text] of [
    ['CloudWatch Logs', 'Python (watchtower)', 'AWS_ENDPOINT_URL_CLOUDWATCH_LOGS'],
    ['Rollbar', 'Go', '/api/1/item/'],
    ['X-Ray', 'Python (Flask)', 'AWS_XRAY_DAEMON_ADDRESS'],
    ['The Go library', '', 'telemetry.Start'],
  ] as const) {
    await page.getByRole('button', { name: card }).click();
    if (tab) await page.getByRole('tab', { name: tab }).click();
    await expect(page.locator('.steps')).toContainText(text);
  }
  await page.getByRole('button', { name: 'Rollbar' }).click();
  await page.getByRole('button', { name: 'Send a test error' }).click();
  await page.getByRole('link', { name: 'Open the error' }).click();
  await expect(page.getByRole('heading', { level: 1, name: /TestEvent: it works/ })).toBeVisible();
  await page.goto(`${server.url}/settings/doctor`);
  await fetch(`${server.url}/loki/api/v1/push`, { method: 'POST', body: '{}' });
  await expect(page.getByText('Loki’s').or(page.getByText("Loki's protocol"))).toBeVisible();
  await accessible(page);
});
