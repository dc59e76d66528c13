// Builds the app with a bundler, whose plugin uploads the source map as it does
// for Rollbar, and prints the path of the bundle.
//
//   node build.mjs webpack|vite FOLDER PUBLIC_URL ENDPOINT TOKEN VERSION
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const [bundler, folder, origin, endpoint, token, version] = process.argv.slice(2);
const here = path.dirname(fileURLToPath(import.meta.url));

const builders = {
  async webpack() {
    const { default: webpack } = await import('webpack');
    const { default: RollbarSourceMapPlugin } = await import('rollbar-sourcemap-webpack-plugin');
    const compiler = webpack({
      mode: 'production',
      context: here,
      entry: './src/main.js',
      devtool: 'hidden-source-map',
      performance: { hints: false },
      output: { path: folder, filename: 'static/[name].[contenthash:8].js' },
      plugins: [new RollbarSourceMapPlugin({ accessToken: token, version, publicPath: origin, rollbarEndpoint: endpoint, silent: true })],
    });
    const stats = await new Promise((resolve, reject) => compiler.run((err, s) => (err ? reject(err) : resolve(s))));
    if (stats.hasErrors()) throw new Error(stats.toString('errors-only'));
  },
  async vite() {
    const { build } = await import('vite');
    const { default: rollbarSourcemaps } = await import('vite-plugin-rollbar');
    await build({
      root: here,
      logLevel: 'silent',
      build: {
        outDir: folder,
        emptyOutDir: false,
        sourcemap: 'hidden',
        rollupOptions: { input: path.join(here, 'src/main.js'), output: { entryFileNames: 'static/[name].[hash].js' } },
      },
      plugins: [
        rollbarSourcemaps({
          accessToken: token, version, baseUrl: origin, rollbarEndpoint: endpoint, outputDir: folder, silent: true, ignoreUploadErrors: false,
        }),
      ],
    });
  },
};

await builders[bundler]();
const bundle = readdirSync(path.join(folder, 'static')).find((name) => name.endsWith('.js'));
writeFileSync(path.join(folder, 'index.html'), `<!doctype html><title>shop</title><script type="module" src="/static/${bundle}"></script>`);
console.log('/static/' + bundle);
