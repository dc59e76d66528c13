// Cruddur's page in a browser, reporting to the server: one click is one trace from the
// browser through the backend, and an error in the browser knows it.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { binary, expect, test as base } from './server';

const test = base.extend<{ cruddur: string }>({
  cruddur: async ({ server }, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'cruddur-'));
    const [program, ...args] = process.env.CRUDDUR_BIN ? [process.env.CRUDDUR_BIN] : [binary, 'cruddur'];
    const child = spawn(program, [...args, '-listen', '127.0.0.1:0', '-database', join(folder, 'cruddur.db'), '-traffic', '0', '-deploy-after', '0', '-quiet'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: process.env.PATH, HOME: folder,
        HONEYCOMB_API_KEY: 'backend', HONEYCOMB_API_ENDPOINT: server.url, HONEYCOMB_BROWSER_KEY: 'page',
        ROLLBAR_ACCESS_TOKEN: 'backend', ROLLBAR_CLIENT_TOKEN: 'page', ROLLBAR_ENDPOINT: `${server.url}/api/1/`,
      },
    });
    const url = await new Promise<string>((ready, failed) => {
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        const at = /Cruddur is at (\S+)/.exec(said);
        if (at) ready(at[1]);
      });
      child.once('error', failed);
      child.once('exit', (code) => failed(new Error(`Cruddur ended with ${code}`)));
    });
    await use(url);
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  },
});

/** the id of the trace that the page says it made last. */
async function lastTrace(page: Page, what: string): Promise<string> {
  await expect(page.locator('#what')).toContainText(what);
  return await page.locator('#trace').innerText();
}

/** waits until the server has what is expected. */
async function has(server: string, ...expected: object[]): Promise<void> {
  const answer = await fetch(`${server}/api/assert`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ expect: expected, within: '15s' }) });
  const text = await answer.text();
  expect(answer.ok && (JSON.parse(text) as { ok: boolean }).ok, text).toBe(true);
}

test('a click is one trace from the browser through the backend', async ({ page, server, cruddur }) => {
  await page.goto(cruddur);
  await expect(page.getByRole('article')).toHaveCount(20);
  await page.getByRole('textbox', { name: 'What happens?' }).fill('trains and owls');
  await page.getByRole('button', { name: 'Post', exact: true }).click();
  await expect(page.getByRole('article').first()).toContainText('trains and owls');
  const trace = await lastTrace(page, 'Post');
  await has(server.url,
    { kind: 'trace', all: [`trace.trace_id = "${trace}" AND service.name = "cruddur-web" AND name = "Post"`, 'service.name = "cruddur-backend" AND name = "POST /api/activities"', 'service.name = "cruddur-moderation"'] });

  await page.goto(`${server.url}/trace/${trace}`);
  const rows = page.getByRole('row');
  await expect(rows.filter({ hasText: 'cruddur-web' }).first()).toBeVisible();
  await expect(rows.filter({ hasText: 'cruddur-backend' }).first()).toBeVisible();
  await expect(rows.filter({ hasText: 'cruddur-moderation' }).first()).toBeVisible();
});

test('an error in the browser is an item with the trace that went wrong, down to the panic', async ({ page, server, cruddur }) => {
  await page.goto(`${cruddur}/#messages/ebonybadger`);
  await page.getByRole('button', { name: 'Who is that?' }).click();
  const trace = await lastTrace(page, 'went wrong');
  await has(server.url,
    { kind: 'trace', all: [`trace.trace_id = "${trace}" AND service.name = "cruddur-web"`, 'service.name = "cruddur-backend" AND error = true'] },
    { kind: 'error', where: `trace.trace_id = "${trace}" AND error.title contains "TypeError"` },
    { kind: 'error', where: `trace.trace_id = "${trace}" AND error.title contains "nil pointer"` });
  await page.goto(`${server.url}/errors`);
  await page.getByRole('link', { name: /TypeError/ }).click();
  await expect(page.getByRole('main')).toContainText('app.js');
  await page.goto(`${server.url}/trace/${trace}`);
  await expect(page.getByRole('row').filter({ hasText: 'TypeError' }).first()).toBeVisible();
});

test('the page is pleasant to all, in both themes', async ({ page, cruddur }) => {
  test.slow();
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const name of ['home', 'messages']) {
      await page.goto(`${cruddur}/#${name}`);
      await expect(page.locator('#what')).toContainText(`Open ${name}`);
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    }
  }
});
