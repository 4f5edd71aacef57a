// Compiles the three packages into their dist folders.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const packages = ['core', 'nn', 'optim'].map((name) => join(root, 'packages', name));
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const { status } = spawnSync(process.execPath, [tsc, '-b', ...packages], { stdio: 'inherit' });
if (status === 0) packages.forEach(unwrapImports);
process.exitCode = status === 0 ? 0 : 1;

// TypeScript wraps the name in `import(name)`, in case it is that of a .ts file. Ours are names of packages, and of its
// wrapper's `this` rollup warns everybody who bundles the package.
function unwrapImports(folder) {
  const dist = join(folder, 'dist');
  const files = readdirSync(dist, { recursive: true }).filter((name) => name.endsWith('.js'));
  for (const file of files.map((name) => join(dist, name))) {
    const code = readFileSync(file, 'utf8');
    const plain = code
      .replace(/^var __rewriteRelativeImportExtension = [\s\S]*?^};\n/m, (lines) => lines.replace(/.+/g, '')) // source maps count lines
      .replace(/\b__rewriteRelativeImportExtension\(([^()]*)\)/g, '$1');
    if (plain.includes('__rewriteRelativeImportExtension')) throw new Error(`${file}: an import() was not unwrapped`);
    if (plain !== code) writeFileSync(file, plain);
  }
}
