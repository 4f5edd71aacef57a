// Compiles the three packages into their dist folders.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const packages = ['core', 'nn', 'optim'].map((name) => join(root, 'packages', name));
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const { status } = spawnSync(process.execPath, [tsc, '-b', ...packages], { stdio: 'inherit' });
process.exitCode = status === 0 ? 0 : 1;
