import AxeBuilder from '@axe-core/playwright';

import { seedHour, send, shopTrace, traceId } from '../seed.mjs';
import { expect, test } from './server';

const failing = traceId(0xacce55);

const pages = [
  ['traces', '/traces'], ['traces, filtered', '/traces?errors=1&svc=cart&min=1'], ['nothing found', '/traces?q=nothing%20%3D%201'], ['a wrong filter', '/traces?q=%3D'],
  ['trace', `/trace/${failing}`], ['flame', `/trace/${failing}?view=flame`], ['table', `/trace/${failing}?view=table`], ['no trace', `/trace/${traceId(7)}`],
  ['set-up', '/setup'], ['no page', '/nowhere'],
] as const;

for (const scheme of ['dark', 'light'] as const) {
  test.describe(`in the ${scheme} theme`, () => {
    test.use({ colorScheme: scheme });
    test('axe finds nothing wrong', async ({ page, server }) => {
      test.setTimeout(120_000);
      await seedHour(server.url);
      await send(server.url, shopTrace(failing, Date.now() - 120_000, { fail: true }));
      for (const [name, path] of pages) {
        await page.goto(server.url + path);
        await expect(page.locator('main h1').first()).toBeAttached();
        await page.waitForLoadState('networkidle', { timeout: 1500 }).catch(() => undefined); // streams stay open
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map((v) => `${name}: ${v.id} ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(' | ')}`)).toEqual([]);
      }
      await page.goto(`${server.url}/trace/${failing}`);
      await page.getByRole('button', { name: 'http.route: /api/cart' }).click();
      expect((await new AxeBuilder({ page }).analyze()).violations.map((v) => `menu: ${v.id}`)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+k');
      expect((await new AxeBuilder({ page }).analyze()).violations.map((v) => `palette: ${v.id} ${v.nodes[0]?.html}`)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('row', { name: /Cart\.Get/ }).click();
      await page.getByRole('button', { name: 'Root here' }).click();
      expect((await new AxeBuilder({ page }).analyze()).violations.map((v) => `root: ${v.id} ${v.nodes[0]?.html}`)).toEqual([]);
      await page.keyboard.press('?');
      expect((await new AxeBuilder({ page }).analyze()).violations.map((v) => `keys: ${v.id}`)).toEqual([]);
    });
  });
}

test('at 320 pixels nothing is cut off sideways', async ({ page, server }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  await page.goto(`${server.url}/setup`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
});
