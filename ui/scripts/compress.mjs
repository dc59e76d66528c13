// Writes a brotli and a gzip form beside each built file that gains by it, and
// removes what earlier builds left.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const assets = 'dist/assets';
const index = readFileSync('dist/index.html', 'utf8');
const live = new Set(['icon.svg']); // from public/, under its own name
const scan = (text) => {
  for (const m of text.matchAll(/[\w.-]+-[\w-]{8}\.(?:js|css|woff2)/g)) {
    if (!live.has(m[0])) {
      live.add(m[0]);
      if (!m[0].endsWith('.woff2')) scan(readFileSync(`${assets}/${m[0]}`, 'utf8'));
    }
  }
};
scan(index);
for (const name of readdirSync(assets)) {
  if (!live.has(name)) rmSync(`${assets}/${name}`);
}
for (const name of [...live].map((n) => `assets/${n}`).concat('index.html')) {
  if (name.endsWith('.woff2') || name.endsWith('.svg')) continue;
  const raw = readFileSync(`dist/${name}`);
  writeFileSync(`dist/${name}.br`, brotliCompressSync(raw));
  writeFileSync(`dist/${name}.gz`, gzipSync(raw, { level: 9 }));
}
