/**
 * Every TypeScript block of the README, the guides and the docstrings runs, and prints what its comments say; those of
 * the guide to WebGPU where that is tested.
 */
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { format } from 'node:util';
import { deviceInfo, manualSeed, setDevice } from '@tapegrad/core';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { devices } from './support/devices.ts';

const { name: byDefault } = deviceInfo();
const ROOT = join(import.meta.dirname, '..');
const BLOCKS = join(import.meta.dirname, '.blocks', devices.join('-')); // two projects may run at once

interface Block {
  readonly file: string;
  readonly line: number;
  readonly code: string;
}

/** The ```ts blocks of a text; in a docstring each line starts with ` * `. */
function blocksIn(file: string): Block[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(/^( *\* ?)?```ts\n([\s\S]*?)^( *\* ?)?```/gm)].map((match) => ({
    file,
    line: text.slice(0, match.index).split('\n').length,
    code: match[2]!.replace(/^ *\* ?/gm, match[1] === undefined ? '$&' : ''),
  }));
}

/** What `console.log(...); // text` promises, a list of lines per call; undefined where it promises nothing. */
function promised(code: string): (string[] | undefined)[] {
  const lines = code.split('\n');
  return lines.flatMap((line, i) => {
    if (!line.trimStart().startsWith('console.log(')) return [];
    const comment = /; \/\/ (.*)$/.exec(line)?.[1];
    if (comment === undefined) return [undefined];
    const more: string[] = [];
    for (let k = i + 1; /^\s*\/\/ /.test(lines[k] ?? ''); k++) more.push(lines[k]!.replace(/^\s*\/\/ /, ''));
    return [[comment, ...more]];
  });
}

const onWebGpu = devices.includes('webgpu');
const files = ['README.md', 'packages/*/README.md', 'docs/**/*.md', 'packages/*/src/**/*.ts']
  .flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
  .filter((file) => file.endsWith('webgpu.md') === onWebGpu)
  .sort();
const blocks = files.flatMap(blocksIn);

mkdirSync(BLOCKS, { recursive: true });
afterAll(() => rmSync(BLOCKS, { recursive: true, force: true }));

describe('code in documentation', () => {
  it('is found', () => {
    if (onWebGpu) expect(blocks.length).toBeGreaterThan(0);
    else expect(blocks.filter(({ file }) => file === 'README.md').length).toBeGreaterThan(0);
    if (!onWebGpu) expect(blocks.filter(({ file }) => file.startsWith('packages/')).length).toBeGreaterThan(10);
  });

  it.each(blocks.map((block, i) => ({ ...block, i, where: `${relative('.', block.file)}:${block.line}` })))(
    'runs and prints what it says: $where',
    async ({ code, i }) => {
      const path = join(BLOCKS, `block-${i}.ts`);
      writeFileSync(path, code);
      const printed: string[] = [];
      const log = vi
        .spyOn(console, 'log')
        .mockImplementation((...values: unknown[]) => void printed.push(format(...values)));
      manualSeed(0);
      await setDevice(byDefault); // a block may have chosen another
      try {
        await import(/* @vite-ignore */ path);
      } finally {
        log.mockRestore();
      }
      const expected = promised(code);
      if (printed.length !== expected.length)
        expect(expected.filter((lines) => lines)).toEqual([]); // logs in a loop promise nothing
      else for (const [k, lines] of expected.entries()) if (lines) expect(printed[k]!.split('\n')).toEqual(lines);
    },
  );
});
