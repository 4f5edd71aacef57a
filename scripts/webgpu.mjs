// Gives Node WebGPU in this repository: installs the package `webgpu`, which is too large for a first run, where core finds
// it, and on Linux (x64) the software driver SwiftShader, so that tests need no GPU. `pnpm run webgpu` does it by hand.
//
// VK_ICD_FILENAMES, the Vulkan loader's own variable, chooses another driver: that of a GPU, say.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';

const root = join(import.meta.dirname, '..');
const tools = join(root, 'tools', 'webgpu');
const installed = join(tools, 'node_modules');

/**
 * Installs what is missing. Returns the variables that a process needs in its environment before it asks for WebGPU.
 */
export function provideWebGpu() {
  if (!isInstalled()) install();
  const link = join(root, 'packages', 'core', 'node_modules', 'webgpu');
  if (!existsSync(link)) {
    rmSync(link, { force: true }); // one that leads nowhere
    mkdirSync(join(link, '..'), { recursive: true });
    symlinkSync(join(installed, 'webgpu'), link, 'junction');
  }
  if (process.env.VK_ICD_FILENAMES || process.platform !== 'linux' || process.arch !== 'x64') return {};
  return { VK_ICD_FILENAMES: join(unpackSwiftShader(), 'vk_swiftshader_icd.json') };
}

function isInstalled() {
  const wanted = JSON.parse(readFileSync(join(tools, 'package.json'), 'utf8')).devDependencies;
  return Object.entries(wanted).every(([name, version]) => {
    const file = join(installed, name, 'package.json');
    return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).version === version;
  });
}

function install() {
  console.error('Installing WebGPU for Node and a software driver for tests (about 110 MB to download, once)...');
  const args = ['--dir', tools, '--ignore-workspace', '--ignore-scripts', '--silent', 'install', '--frozen-lockfile'];
  const options = { stdio: 'inherit', shell: process.platform === 'win32' };
  const { error, status } = spawnSync('pnpm', args, options);
  const { status: code } = error ? spawnSync('npx', ['-y', 'pnpm@12', ...args], options) : { status };
  if (code !== 0) throw new Error('WebGPU could not be installed into tools/webgpu: what pnpm says above tells why');
}

/** The folder of the driver, with the loader beside Dawn, where Dawn looks for it. */
function unpackSwiftShader() {
  const chromium = join(installed, '@sparticuz', 'chromium');
  const { version } = JSON.parse(readFileSync(join(chromium, 'package.json'), 'utf8'));
  const folder = join(root, 'node_modules', '.cache', `swiftshader-${version}`);
  if (!existsSync(folder)) {
    const partial = `${folder}.${process.pid}`; // two processes may do this at once
    mkdirSync(partial, { recursive: true });
    const input = brotliDecompressSync(readFileSync(join(chromium, 'bin', 'swiftshader.tar.br')));
    const { error, status } = spawnSync('tar', ['-x', '-C', partial], { input, stdio: ['pipe', 'inherit', 'inherit'] });
    if (error || status !== 0)
      throw new Error(`SwiftShader could not be unpacked: ${error?.message ?? `tar: ${status}`}`);
    try {
      renameSync(partial, folder);
    } catch {
      rmSync(partial, { recursive: true });
    }
  }
  const loader = join(realpathSync(join(installed, 'webgpu')), 'dist', 'linux-x64', 'libvulkan.so.1');
  if (!existsSync(loader)) {
    copyFileSync(join(folder, 'libvulkan.so.1'), `${loader}.${process.pid}`);
    renameSync(`${loader}.${process.pid}`, loader); // whole at once, for those that are about to load it
  }
  return folder;
}

if (process.argv[1] === import.meta.filename) {
  const variables = Object.entries(provideWebGpu()).map(([name, value]) => `${name}=${value}`);
  console.log(
    `setDevice('webgpu') finds WebGPU now${variables.length > 0 ? `; without a GPU, set ${variables.join(' ')}` : ''}.`,
  );
}
