// Bundlers as their users run them: `bundle(entry, file)` makes one script of a program, with no plug-in and no setting
// for tapegrad. Only rollup needs a plug-in, since without it it finds no package at all.

import { basename, dirname } from 'node:path';
import { promisify } from 'node:util';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build as esbuild, transform } from 'esbuild';
import { rollup } from 'rollup';
import { build as vite } from 'vite';
import webpack from 'webpack';

/** A TypeScript source without its types. */
export const toJavaScript = async (source) => (await transform(source, { loader: 'ts' })).code;

export const bundlers = {
  esbuild: (entry, file) => esbuild({ entryPoints: [entry], outfile: file, bundle: true, format: 'esm' }),

  /** What is hardest on a program that starts workers from its own text. */
  'esbuild, minified for 2020, names kept': (entry, file) =>
    esbuild({ entryPoints: [entry], outfile: file, bundle: true, minify: true, keepNames: true, target: 'es2020' }),

  'esbuild, CommonJS': (entry, file) => esbuild({ entryPoints: [entry], outfile: file, bundle: true, format: 'cjs' }),

  async rollup(entry, file) {
    const bundle = await rollup({ input: entry, plugins: [nodeResolve()] });
    await bundle.write({ file });
  },

  vite: (entry, file) =>
    vite({
      root: dirname(entry),
      logLevel: 'warn',
      build: {
        outDir: dirname(file),
        emptyOutDir: false,
        rolldownOptions: { input: entry, output: { entryFileNames: basename(file) } },
      },
    }),

  async webpack(entry, file) {
    const compiler = webpack({
      mode: 'production',
      entry,
      output: { path: dirname(file), filename: basename(file) },
      performance: { hints: false }, // how large a program may be, its owner says
    });
    const stats = await promisify((done) => compiler.run(done))();
    if (stats.hasErrors() || stats.hasWarnings())
      throw new Error(stats.toString({ all: false, errors: true, warnings: true }));
    await promisify((done) => compiler.close(done))();
  },
};
