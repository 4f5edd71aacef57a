// Installs the tarballs of .pack/ into an empty folder and trains with them there, as a stranger would, on the Node
// that runs this file: the oldest one the packages promise to work on.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const packed = join(import.meta.dirname, '..', '.pack');

const train = `
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import * as core from '@tapegrad/core';
import { Linear } from '@tapegrad/nn';
import { SGD } from '@tapegrad/optim';

for (const device of ['cpu', 'wasm']) {
await core.setDevice(device);
core.manualSeed(1);
const model = new Linear(2, 1);
const optimizer = new SGD(model.parameters(), { lr: 0.1 });
const x = core.tensor([[0, 0], [0, 1], [1, 0], [1, 1]]);
const y = core.tensor([[0], [1], [2], [3]]);
const lossOf = () => model.forward(x).sub(y).pow(2).mean();

const before = lossOf();
before.backward();
optimizer.step();
const after = lossOf();
assert.ok((await after.item()) < (await before.item()), 'a step of SGD lowers the loss on ' + device);
}
const a = core.randn([512, 512]);
const products = ['cpu', 'wasm'].map(async (device) => (await (await a.to(device)).matmul(await a.to(device))).data());
const [reference, fast] = await Promise.all(products); // large enough for workers, whose script must be found
assert.ok(reference.every((x, i) => Math.abs(x - fast[i]) < 1e-3), 'wasm multiplies as cpu does');
const { threads, threadsBecause } = core.deviceInfo('wasm').details;

const required = createRequire(import.meta.url)('@tapegrad/core');
assert.equal(required.Tensor, core.Tensor, 'require() and import give the same module');
console.log('packages: import, require and training work on Node ' + process.versions.node + ', wasm with ' + threads + ' threads (' + threadsBecause + ')');
`;

const folder = mkdtempSync(join(tmpdir(), 'tapegrad-smoke-'));
try {
  const tarballs = readdirSync(packed).map((name) => join(packed, name));
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  writeFileSync(join(folder, 'train.js'), train);
  const options = { cwd: folder, stdio: 'inherit', shell: process.platform === 'win32' };
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs], options);
  execFileSync(process.execPath, ['train.js'], { cwd: folder, stdio: 'inherit' });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
