// Builds and packs the three packages as they would be published, into .pack/, and lets publint and attw judge them.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const packed = join(root, '.pack');
const packages = ['core', 'nn', 'optim'].map((name) => join(root, 'packages', name));

function run(command, args, cwd = root) {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit', shell: process.platform === 'win32' });
  if (status !== 0) process.exit(1); // it has already said why
}

const tool = (name) => join(root, 'tools', 'node_modules', '.bin', name);

// A file whose source is gone would stay in dist and be published.
for (const folder of packages) rmSync(join(folder, 'dist'), { recursive: true, force: true });
rmSync(packed, { recursive: true, force: true });

run('pnpm', ['run', 'build']);
for (const folder of packages) run('pnpm', ['pack', '--pack-destination', packed], folder);
for (const tarball of readdirSync(packed)) {
  run(tool('publint'), [join(packed, tarball), '--strict']);
  run(tool('attw'), [join(packed, tarball), '--profile', 'esm-only']);
}
