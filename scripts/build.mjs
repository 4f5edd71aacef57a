// Builds the three packages into their dist folders: declarations by TypeScript, beside each other as the sources are, and the
// code of each entry in a file, since one file is imported in a fifth of the time that two hundred take.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';

const root = join(import.meta.dirname, '..');
const packages = ['core', 'nn', 'optim'].map((name) => join(root, 'packages', name));
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');

const { status } = spawnSync(process.execPath, [tsc, '-b', ...packages], { stdio: 'inherit' });
if (status !== 0) process.exit(1);
for (const folder of packages) if (!isBuilt(folder)) await bundle(folder);

/** Whether all entries are younger than what they are made of. */
function isBuilt(folder) {
  const madeOf = [import.meta.filename, join(folder, 'package.json'), ...filesIn(join(folder, 'src'))];
  const built = entriesOf(folder).map((name) => join(folder, 'dist', `${name}.js`));
  const ages = (files) => files.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return Math.min(...ages(built)) > Math.max(...ages(madeOf));
}

async function bundle(folder) {
  const input = Object.fromEntries(entriesOf(folder).map((name) => [name, join(folder, 'src', `${name}.ts`)]));
  const bundled = await rolldown({ cwd: folder, input, external: /^@tapegrad\//, platform: 'neutral' });
  const { output } = await bundled.generate({
    dir: join(folder, 'dist'),
    entryFileNames: '[name].js',
    chunkFileNames: 'shared/[name].js',
    sourcemap: true,
    sourcemapExcludeSources: true, // they are in the package
  });
  await bundled.close();
  for (const file of output) {
    const path = join(folder, 'dist', file.fileName);
    mkdirSync(dirname(path), { recursive: true });
    // Whole at any time: another process may be importing it.
    writeFileSync(`${path}.${process.pid}`, file.type === 'chunk' ? file.code : file.source);
    renameSync(`${path}.${process.pid}`, path);
  }
}

/** Of a package's front doors, src/a/b.ts is `a/b`. */
function entriesOf(folder) {
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return Object.values(exports).flatMap((path) => /^\.\/src\/(.*)\.ts$/.exec(path)?.[1] ?? []);
}

function filesIn(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
