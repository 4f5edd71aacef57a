/** Who computes on wasm only ships nothing of the webgpu device: it lies in chunks of its own, which are loaded when asked for. */

import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

interface Chunk {
  readonly type: string;
  readonly fileName: string;
  readonly isEntry: boolean;
  readonly code: string;
  readonly imports: readonly string[];
  readonly dynamicImports: readonly string[];
}
interface Vite {
  build(config: object): Promise<{ readonly output: readonly Chunk[] }>;
}

test('a bundle that computes on wasm has no WebGPU in what it loads', async () => {
  const vitest = createRequire(createRequire(import.meta.url).resolve('vitest/package.json')); // Vite is vitest's
  const { build } = (await import(pathToFileURL(vitest.resolve('vite')).href)) as Vite;
  const { output } = await build({
    root: fileURLToPath(new URL('.', import.meta.url)),
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      minify: true, // comments may say what they like
      target: 'es2023',
      rollupOptions: { input: fileURLToPath(new URL('bundle/train.ts', import.meta.url)) },
    },
  });
  const chunks = new Map(output.filter(({ type }) => type === 'chunk').map((chunk) => [chunk.fileName, chunk]));
  const loaded = new Set([...chunks.values()].filter(({ isEntry }) => isEntry));
  for (const chunk of loaded) for (const name of chunk.imports) loaded.add(chunks.get(name)!); // grows meanwhile
  const parts = (all: Iterable<Chunk>): string => [...all].map(({ code }) => code).join('\n');

  expect(parts(loaded)).toContain('setDevice');
  expect(parts(loaded).match(/.{20}(?:GPU|@compute).{20}/g)).toBeNull();
  expect(parts([...chunks.values()].filter((chunk) => !loaded.has(chunk)))).toMatch(/@compute/);
});
