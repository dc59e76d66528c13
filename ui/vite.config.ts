import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const server = (globalThis as { process?: { env: Record<string, string | undefined> } }).process?.env.ORIEL_URL ?? 'http://127.0.0.1:6743';

export default defineConfig({
  // Relative, so that the pages also work under a path prefix; the server names the files from where a page is.
  base: './',
  plugins: [react()],
  build: { outDir: 'dist', emptyOutDir: false, manifest: true, assetsInlineLimit: 0, chunkSizeWarningLimit: 300 },
  test: { css: true }, // the theme's tests read it
  server: { proxy: { '/api': server, '/v1': server, '^/[A-Z][A-Za-z]+(\\?|$)': server } }, // the last: X-Ray's operations
});
