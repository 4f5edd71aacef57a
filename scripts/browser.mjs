// `pnpm browser`: says what it installs before it does, since that takes a while, and starts the page's server.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const tools = join(import.meta.dirname, '..', 'tools');
if (!existsSync(join(tools, 'node_modules', 'vite'))) {
  console.error(
    'Installing the tools (Vite for this page, and what checks and browser tests need: about 340 MB, once)...',
  );
  const { status } = spawnSync('pnpm', ['run', '--silent', 'tools'], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error('The tools could not be installed: what pnpm says above tells why');
}
await import('../tools/browser-example.mjs');
