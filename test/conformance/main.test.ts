/** `pnpm conformance` as a program: its last line, its exit code, its mistakes. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FolderError, groupsOf } from './folder.ts';

const folder = join(import.meta.dirname, '../golden/vectors');

function run(...args: readonly string[]): { status: number | null; out: string[]; err: string } {
  const program = [join(import.meta.dirname, 'main.ts'), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, program, { encoding: 'utf8' });
  return { status, out: stdout.trimEnd().split('\n'), err: stderr };
}

test('what passes is counted, what is informative is listed, and both are good', () => {
  const { status, out } = run(folder, '--only', 'softmax/edge_softmax_?o*', '--device', 'wasm');
  expect(out).toEqual([
    'skipped (informative): softmax/edge_softmax_posinf: F.softmax(input, dim=dim)',
    expect.stringMatching(/^ {4}out\/out: largest error at element \d+: 0, expected NaN$/),
    '0 passed, 0 failed, 1 skipped',
  ]);
  expect(status).toBe(0);
});

test('a mistake is told, and exits with 1', () => {
  expect(run(folder, '--only', 'nothing')).toMatchObject({
    status: 1,
    err: `error: --only is 'nothing': no case of ${folder} has such a name.\n`,
  });
});

test('a folder without vectors is refused', () => {
  expect(() => groupsOf(import.meta.dirname)).toThrow(FolderError);
  expect(() => groupsOf(join(folder, 'nowhere'))).toThrow('there is no such file or folder');
});
