/** A program has the webgpu device if it imports it; one that computes on wasm ships nothing of it. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

interface Chunk {
  readonly type: string;
  readonly code: string;
}
interface Vite {
  build(config: object): Promise<{ readonly output: readonly Chunk[] }>;
}

const bundled = async (entry: string): Promise<Chunk[]> => {
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
      rolldownOptions: { input: fileURLToPath(new URL(`bundle/${entry}`, import.meta.url)) },
    },
  });
  return output.filter(({ type }) => type === 'chunk');
};

test('a bundle that computes on wasm is one script, without WebGPU', async () => {
  const [script, ...others] = await bundled('wasm.ts');
  expect(others).toEqual([]);
  expect(script!.code).toContain('setDevice');
  expect(script!.code.match(/.{20}(?:GPU|@compute).{20}/g)).toBeNull();
});

test('a bundle that asks for webgpu without it says what to import', async () => {
  const [script] = await bundled('forgotten.ts');
  expect(saidBy(script!)).toMatch(
    /^DeviceError: device 'webgpu' is not part of this program: .* add import '@tapegrad\/core\/webgpu'/,
  );
});

test('a bundle that imports the webgpu device has it, and lacks in Node what Node lacks', async () => {
  const [script] = await bundled('webgpu.ts');
  expect(script!.code).toContain('@compute');
  expect(saidBy(script!)).toMatch(
    /^device 'webgpu' is not available here: Node has WebGPU through the package 'webgpu'/,
  );
});

test('a bundle holds the metrics that the program names, and no others, and no layers', async () => {
  const [script] = await bundled('metrics.ts');
  expect(script!.code).toContain('confusionMatrix:');
  expect(script!.code).not.toMatch(/Bleu:|calibrationBins:|beamSearch:|weight_ih/);
});

/** What it prints, run far from any package. */
function saidBy({ code }: Chunk): string {
  const folder = mkdtempSync(join(tmpdir(), 'tapegrad-bundle-'));
  try {
    writeFileSync(join(folder, 'main.mjs'), code);
    return execFileSync(process.execPath, [join(folder, 'main.mjs')], { encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
