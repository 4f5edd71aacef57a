// The tarballs of .pack/, which check:packages makes, installed into an empty folder: what a stranger has.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const packed = join(import.meta.dirname, '..', '.pack');

/** Calls `use(folder)`, and takes the folder away. */
export async function withPackages(use) {
  if (!existsSync(packed)) throw new Error('.pack/ is not there: run npx -y pnpm@12 run check:packages first');
  const folder = mkdtempSync(join(tmpdir(), 'tapegrad-packed-'));
  try {
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
    const tarballs = readdirSync(packed).map((name) => join(packed, name));
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs], {
      cwd: folder,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
