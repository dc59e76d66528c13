import react from '@vitejs/plugin-react';
import type { AtRule, Root } from 'postcss';
import { defineConfig } from 'vitest/config';

const server = (globalThis as { process?: { env: Record<string, string | undefined> } }).process?.env.ORIEL_URL ?? 'http://127.0.0.1:6743';

// The styles of a page hold on that page alone: the sheets of all pages seen so far are in the
// document, and their class names are short. It makes no rule stronger than it is written.
const pageStyles = {
  postcssPlugin: 'page-styles',
  OnceExit(sheet: Root) {
    const room = /\/src\/pages\/([^/]+)\//.exec(sheet.source?.input.file ?? '')?.[1];
    if (!room) return;
    sheet.walkRules((rule) => {
      if (rule.parent?.type === 'atrule' && (rule.parent as AtRule).name === 'keyframes') return;
      rule.selectors = rule.selectors.map((s) => s.replace(/^(:root\S* )?/, `$1:where([data-page='${room}']) `));
    });
  },
};

export default defineConfig({
  // Relative, so that the pages also work under a path prefix; the server names the files from where a page is.
  base: './',
  plugins: [react()],
  css: { postcss: { plugins: [pageStyles] } },
  build: { outDir: 'dist', emptyOutDir: false, manifest: true, assetsInlineLimit: 0, chunkSizeWarningLimit: 300 },
  test: { css: true }, // the theme's tests read it
  server: { proxy: { '/api': server, '/v1': server, '^/[A-Z][A-Za-z]+(\\?|$)': server } }, // the last: X-Ray's operations
});
