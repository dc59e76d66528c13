// Starts the real server on a free port with a folder of its own for each test.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { test as base } from '@playwright/test';

export const binary = process.env.ORIEL_BIN ?? resolve(import.meta.dirname, '../../../bin/oriel');

export interface Server { url: string }

async function start(extra: string[]): Promise<Server & { stop: () => Promise<void> }> {
  const data = mkdtempSync(join(tmpdir(), 'oriel-ui-'));
  const child = spawn(binary, ['serve', '-data', data, '-listen', '127.0.0.1:0', '-otlp-grpc', '', '-otlp-http', '', ...extra], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const url = await new Promise<string>((ready, fail) => {
    const timer = setTimeout(() => fail(new Error(`the server did not get ready:\n${output}`)), 20_000);
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const m = /"listen":"([^"]+)"/.exec(output);
      if (m) {
        clearTimeout(timer);
        ready(`http://${m[1]}`);
      }
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', fail);
    child.once('exit', (code) => fail(new Error(`the server ended with ${code}:\n${output}`)));
  });
  return {
    url,
    stop: async () => {
      const ended = new Promise((done) => child.once('exit', done));
      child.kill('SIGTERM');
      await ended;
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** `server` is an empty server; `flags` adds to its command line. */
export const test = base.extend<{ server: Server; flags: string[] }>({
  flags: [[], { option: true }],
  server: async ({ flags }, use) => {
    const s = await start(flags);
    await use(s);
    await s.stop();
  },
});

export { expect } from '@playwright/test';
