// A headless Chromium from the npm registry, and pages for it.
import { spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { chromium } from 'playwright-core';
import { build } from 'vite';

const require = createRequire(import.meta.url);

/** With these, pages are cross-origin isolated: threads can share memory. */
export const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** Playwright's Browser. CHROMIUM=FILE takes another one than that of the registry, which is for Linux on x64. */
export async function launchChromium() {
  const file = process.env.CHROMIUM;
  if (file) return chromium.launch({ executablePath: file });
  if (process.platform !== 'linux' || process.arch !== 'x64') return chromium.launch({ channel: 'chrome' });
  const folder = await unpacked();
  const libraries = [join(folder, 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  return chromium.launch({
    executablePath: join(folder, 'chromium'),
    env: { ...process.env, LD_LIBRARY_PATH: libraries },
  });
}

/** Chromium, and the libraries that a small system lacks, in a folder beside the packages. */
async function unpacked() {
  const packed = join(dirname(require.resolve('@sparticuz/chromium')), '..');
  const { version } = JSON.parse(readFileSync(join(packed, 'package.json'), 'utf8'));
  const folder = join(import.meta.dirname, 'node_modules', '.cache', `chromium-${version}`);
  if (existsSync(folder)) return folder;
  const half = `${folder}.${process.pid}`; // a run that is cut off leaves no half of a browser
  mkdirSync(half, { recursive: true });
  const unpack = (name, target, mode) =>
    pipeline(
      createReadStream(join(packed, 'bin', name)),
      createBrotliDecompress(),
      createWriteStream(target, { mode }),
    );
  await unpack('chromium.br', join(half, 'chromium'), 0o755);
  await unpack('al2023.tar.br', join(half, 'lib.tar'));
  const { status } = spawnSync('tar', ['-xf', 'lib.tar'], { cwd: half, stdio: 'inherit' });
  if (status !== 0) throw new Error(`tar could not unpack ${join(half, 'lib.tar')}`);
  rmSync(join(half, 'lib.tar'));
  if (existsSync(folder)) rmSync(half, { recursive: true });
  else renameSync(half, folder);
  return folder;
}

/** A folder with an index.html, built by Vite into another one. */
export async function buildSite(root, folder) {
  await build({ root, configFile: false, logLevel: 'warn', build: { outDir: folder, emptyOutDir: true } });
}

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.cjs': 'text/javascript' };

/** Serves a folder's files; `url` and `close` of the server. */
export async function serve(folder, headers = {}) {
  const server = createServer(async ({ url }, response) => {
    const name = new URL(url, 'http://localhost').pathname.replace(/\/$/, '/index.html');
    try {
      const content = await readFile(join(folder, name));
      response.writeHead(200, { 'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream', ...headers });
      response.end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, 'localhost', resolve));
  return { url: `http://localhost:${server.address().port}`, close: () => server.close() };
}
