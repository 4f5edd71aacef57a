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

/**
 * WebGPU without a GPU: with SwiftShader, on the processor, where shaders set their workgroup's memory to zero themselves,
 * since SwiftShader takes a second to compile what does it (packages/core/src/device/webgpu/acquire.ts).
 */
const WEBGPU = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension',
];

/** Playwright's Browser. CHROMIUM=FILE takes another one than that of the registry, which is for Linux on x64. */
export async function launchChromium() {
  const file = process.env.CHROMIUM;
  if (file) return chromium.launch({ executablePath: file, args: WEBGPU });
  if (process.platform !== 'linux' || process.arch !== 'x64') return chromium.launch({ channel: 'chrome' });
  const folder = await unpacked();
  const libraries = [join(folder, 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  return chromium.launch({
    executablePath: join(folder, 'chromium'),
    args: WEBGPU,
    env: { ...process.env, LD_LIBRARY_PATH: libraries },
  });
}

/** Chromium, its SwiftShader, and the libraries that a small system lacks, in a folder beside the packages. */
async function unpacked() {
  const packed = join(dirname(require.resolve('@sparticuz/chromium')), '..');
  const { version } = JSON.parse(readFileSync(join(packed, 'package.json'), 'utf8'));
  const folder = join(import.meta.dirname, 'node_modules', '.cache', `chromium-swiftshader-${version}`);
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
  for (const name of ['al2023', 'swiftshader']) {
    const archive = join(half, `${name}.tar`);
    await unpack(`${name}.tar.br`, archive);
    const { status } = spawnSync('tar', ['-xf', archive, '-C', half], { stdio: 'inherit' });
    if (status !== 0) throw new Error(`tar could not unpack ${archive}`);
    rmSync(archive);
  }
  if (existsSync(folder)) rmSync(half, { recursive: true });
  else renameSync(half, folder);
  return folder;
}

/** A folder with an index.html, and its vite.config.mjs where it has one, built by Vite into another one. */
export async function buildSite(root, folder) {
  const config = join(root, 'vite.config.mjs');
  const configFile = existsSync(config) && config;
  await build({
    root,
    configFile,
    logLevel: 'warn',
    build: { outDir: folder, emptyOutDir: true },
    worker: { format: 'es' }, // as all of them are modules
  });
}

const TYPES = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.cjs': 'text/javascript' };

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
