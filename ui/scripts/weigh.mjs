// Weighs what was built against its budgets and fails the build over one of
// them: what a start loads, what each page adds to it, and everything as the
// binary carries it. Kilobytes (1,000 bytes) after gzip; the whole after
// brotli, since that is what browsers are sent.
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';

// `pages` is the code each page adds to the start, with all that it always
// loads; code that a page loads later (the editor of Insights) counts as a page.
const budgets = {
  startScripts: 200,
  startStyles: 20,
  fonts: 2,
  fontBytes: 90,
  everything: 1200,
  page: 30,
  worker: 20,
  pages: { query: 60, trace: 45, logs: 50, map: 80, errors: 40 },
};

const dist = 'dist';
const chunks = JSON.parse(readFileSync(`${dist}/.vite/manifest.json`, 'utf8'));
rmSync(`${dist}/.vite`, { recursive: true }); // the binary needs none of it

const gzipped = (file) => statSync(`${dist}/${file}.gz`).size / 1000;

// The files of a chunk and of all that it imports at once.
function files(key, into = new Set()) {
  const chunk = chunks[key];
  if (into.has(chunk.file)) return into;
  into.add(chunk.file);
  for (const style of chunk.css ?? []) into.add(style);
  for (const other of chunk.imports ?? []) files(other, into);
  return into;
}

const sum = (names, weigh) => names.reduce((kB, name) => kB + weigh(name), 0);
const script = (name) => name.endsWith('.js');

let over = 0;
function hold(what, is, budget, unit = 'kB') {
  if (is > budget) over++;
  console.log(`${is > budget ? 'over' : '  ok'}  ${what.padEnd(28)} ${is.toFixed(unit === 'kB' ? 1 : 0).padStart(7)} of ${budget} ${unit}`);
}

const entry = Object.keys(chunks).find((key) => chunks[key].isEntry);
const start = files(entry);
// A start is the shell and Home.
const home = files('src/pages/home/page.tsx', new Set(start));
hold('scripts at start', sum([...home].filter(script), gzipped), budgets.startScripts);
hold(
  'styles at start',
  sum(
    [...home].filter((n) => n.endsWith('.css')),
    gzipped,
  ),
  budgets.startStyles,
);
for (const key of Object.keys(chunks).filter((k) => chunks[k].isDynamicEntry)) {
  const room = /^src\/pages\/([^/]+)\//.exec(key)?.[1];
  // What takes code from its page's own chunk comes after the page.
  const page = chunks[`src/pages/${room}/page.tsx`];
  const there = page && page !== chunks[key] && files(key).has(page.file) ? files(`src/pages/${room}/page.tsx`) : start;
  const added = [...files(key)].filter((name) => script(name) && !start.has(name) && !there.has(name));
  hold(key.replace(/^src\/|\.tsx?$/g, ''), sum(added, gzipped), budgets.pages[room] ?? budgets.page);
}
const all = readdirSync(dist, { recursive: true }).filter((name) => statSync(`${dist}/${name}`).isFile());
for (const name of all.filter((n) => /\.worker-[^/]*\.js$/.test(n)))
  hold(name.replace(/^.*\/|-[^-]*$/g, ''), gzipped(name), budgets.worker);
// A browser loads the other subsets only for text that is in them.
const fonts = all.filter((name) => /-latin-wght.*\.woff2$/.test(name));
hold('fonts', fonts.length, budgets.fonts, 'files');
hold(
  'fonts together',
  sum(fonts, (name) => statSync(`${dist}/${name}`).size / 1000),
  budgets.fontBytes,
);
const sent = all.filter((name) => name.endsWith('.br') || /\.(woff2|svg)$/.test(name));
hold(
  'everything, brotli',
  sum(sent, (name) => statSync(`${dist}/${name}`).size / 1000),
  budgets.everything,
);
if (over > 0) {
  console.error(`${over} over budget: see what was added, and whether it can be loaded later`);
  process.exit(1);
}
