// The packed packages as strangers have them: installed into an empty folder, then imported, required and bundled, on the
// Node that runs this file (the system's: the oldest one the packages promise to work on), on this repository's Node, and
// in Chromium. Everywhere the wasm device trains with two threads, to the same losses.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ISOLATED, launchChromium, serve } from '../tools/browser.mjs';
import { bundlers, toJavaScript } from '../tools/bundlers.mjs';
import { withPackages } from './packed.mjs';
import { provideWebGpu } from './webgpu.mjs';

const root = join(import.meta.dirname, '..');
const ownNode = join(root, 'node_modules', '.bin', 'node');
const nodes = [process.execPath, ...(existsSync(ownNode) ? [ownNode] : [])];

const TRAIN = `import { train } from './train.js';\ntrain().then((report) => console.log(JSON.stringify(report)));\n`;
/** What a page does whose Content-Security-Policy allows workers from files only. */
const WORKER_FILE = `
import { train } from './train.js';
const worker = () => new Worker(new URL('@tapegrad/core/worker', import.meta.url), { type: 'module' });
train({ worker }).then((report) => console.log(JSON.stringify(report)));
`;
const REQUIRE = `
const core = require('@tapegrad/core');
const { train } = require('./train.js');
import('@tapegrad/core').then(async ({ Tensor }) => {
  if (Tensor !== core.Tensor) throw new Error('require() and import give two copies of the package');
  console.log(JSON.stringify(await train()));
});
`;
/** WebGPU needs no import of its own where nothing is bundled; the package `webgpu` is beside it, as npm would put it. */
const WEBGPU = `
import { deviceInfo, Parameter, randn, setDevice } from '@tapegrad/core';
await setDevice('webgpu');
const w = new Parameter(randn([8, 4]));
randn([16, 8]).matmul(w).tanh().square().mean().backward();
console.log(JSON.stringify({ gradients: [...await w.grad.data()], adapter: deviceInfo().details.adapter }));
`;
const AGREE = `
import { agree } from './agree.js';
const [threads, shared] = process.argv.slice(2);
if (shared === 'unshared') globalThis.crossOriginIsolated = false; // as in a page that may not share memory
console.log(JSON.stringify(await agree(Number(threads))));
`;

await withPackages(async (folder) => {
  for (const name of ['train', 'agree']) {
    const source = readFileSync(join(root, 'test', 'anywhere', `${name}.ts`), 'utf8');
    writeFileSync(join(folder, `${name}.js`), await toJavaScript(source));
  }
  const [trains, withFile, requires, agrees, webGpu] = [
    ['train-all.js', TRAIN],
    ['worker-file.js', WORKER_FILE],
    ['require.cjs', REQUIRE],
    ['agree-all.js', AGREE],
    ['webgpu.js', WEBGPU],
  ].map(([name, text]) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  });
  const bundles = await bundleAll(bundlers, trains, join(folder, 'bundles'));
  const { vite, webpack } = bundlers; // they find the file of a worker
  const withFiles = await bundleAll({ vite, webpack }, withFile, join(folder, 'bundles-with-file'));

  Object.assign(process.env, provideWebGpu());
  symlinkSync(
    join(root, 'tools', 'webgpu', 'node_modules', 'webgpu'),
    join(folder, 'node_modules', 'webgpu'),
    'junction',
  );

  /** What losses are where the engine has FMA, and where it has not. */
  const losses = new Map();
  for (const node of nodes) {
    const run = (file, ...words) => JSON.parse(execFileSync(node, [file, ...words], { encoding: 'utf8' }));
    const name = `Node ${execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()}`;
    checkTraining(`${name}, imported`, run(trains), losses);
    checkTraining(`${name}, required`, run(requires), losses);
    for (const [bundler, file] of bundles) checkTraining(`${name}, ${bundler}`, run(file), losses);
    const { gradients, adapter } = run(webGpu);
    assert.ok(gradients.length === 32 && gradients.every((value) => value !== 0 && Number.isFinite(value)));
    console.log(`${name}, webgpu: gradients from ${adapter}`);
    checkVariants(name, (...words) => run(agrees, ...words));
  }
  const browser = await launchChromium();
  try {
    await checkPages(browser, bundles, {}, losses);
    await checkPages(browser, withFiles, { 'Content-Security-Policy': "worker-src 'self'" }, losses);
  } finally {
    await browser.close();
  }
});

async function bundleAll(chosen, entry, folder) {
  mkdirSync(folder);
  const bundles = new Map();
  for (const [name, bundle] of Object.entries(chosen)) {
    const file = join(folder, `${bundles.size}.${name.includes('CommonJS') ? 'cjs' : 'js'}`);
    await bundle(entry, file);
    const gpu = /@compute|\bGPU[A-Z]\w*|navigator\.gpu/.exec(readFileSync(file, 'utf8'));
    assert.equal(gpu, null, `${name}: a program that computes on wasm carries WebGPU: ${gpu}`);
    bundles.set(name, file);
  }
  return bundles;
}

function checkTraining(where, report, known) {
  const { losses, loads, hasHelp, threads, workersReady, threadsBecause, relaxedSimd, sharedMemory } = report;
  const details = { threads, workersReady, sharedMemory };
  assert.deepEqual(details, { threads: 2, workersReady: 1, sharedMemory: true }, `${where}: ${threadsBecause}`);
  assert.ok(hasHelp, `${where}: the worker computed nothing`);
  assert.ok(loads, `${where}: a file does not give back the weights`);
  assert.ok(losses.at(-1) < losses[0], `${where}: the loss does not fall: ${losses}`);
  if (!known.has(relaxedSimd)) known.set(relaxedSimd, losses);
  assert.deepEqual(losses, known.get(relaxedSimd), `${where}: other losses than elsewhere`);
  console.log(`${where}: 2 threads, ${relaxedSimd ? 'FMA' : 'no FMA'}, losses ${losses.join(' ')}`);
}

/** With one thread, with two, and without shared memory: the same bits, and those of the cpu device but for rounding. */
function checkVariants(where, agree) {
  const [one, two, alone] = [agree('1'), agree('2'), agree('2', 'unshared')];
  for (const [name, difference] of Object.entries(one.differences))
    assert.ok(difference <= 2e-6, `${where}: ${name} is ${difference} off`);
  assert.deepEqual([one.threads, two.threads, alone.threads, alone.sharedMemory], [1, 2, 1, false]);
  assert.deepEqual([two.bits, alone.bits], [one.bits, one.bits], `${where}: the threads change results`);
  console.log(`${where}: wasm agrees with cpu; 2 threads, and no shared memory, give the bits of 1`);
}

async function checkPages(browser, bundles, headers, losses) {
  const folder = dirname(bundles.values().next().value);
  const server = await serve(folder, { ...ISOLATED, ...headers });
  for (const [bundler, file] of bundles) {
    if (file.endsWith('.cjs')) continue;
    const type = bundler === 'webpack' ? 'defer' : 'type="module"'; // webpack writes no modules
    writeFileSync(join(folder, 'index.html'), `<script ${type} src="/${basename(file)}"></script>`);
    const page = await browser.newPage();
    const failed = new Promise((_, reject) => page.once('pageerror', reject));
    const [said] = await Promise.race([
      Promise.all([page.waitForEvent('console'), page.goto(`${server.url}/`)]),
      failed,
    ]);
    const policy = Object.values(headers).map((value) => `, ${value}`);
    checkTraining(`Chromium ${browser.version()}, ${bundler}${policy}`, JSON.parse(said.text()), losses);
    await page.close();
  }
  server.close();
}
