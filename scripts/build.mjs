// Compiles the three packages into their dist folders. The worker of the wasm device is plain JavaScript that imports
// nothing, so that bundlers can copy it as it is; so does this.
import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const packages = ['core', 'nn', 'optim'].map((name) => join(root, 'packages', name));
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const { status } = spawnSync(process.execPath, [tsc, '-b', ...packages], { stdio: 'inherit' });
if (status !== 0) process.exit(1);

const worker = join('device', 'wasm', 'worker.js');
copyFileSync(join(root, 'packages', 'core', 'src', worker), join(root, 'packages', 'core', 'dist', worker));
