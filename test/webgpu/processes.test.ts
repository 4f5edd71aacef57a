/** What only a whole process can show: that it ends, survives the collector, and does not grow. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const cache = fileURLToPath(new URL('../../node_modules/.cache/node', import.meta.url));

const run = async (script: string, ...options: string[]): Promise<string> => {
  const path = fileURLToPath(new URL(`processes/${script}`, import.meta.url));
  const env = { ...process.env, NODE_COMPILE_CACHE: cache };
  const { stdout } = await promisify(execFile)(process.execPath, [...options, path], { env, timeout: 50_000 });
  return stdout;
};

describe('a process on webgpu', () => {
  test('ends by itself, with work left behind', async () => {
    expect(await run('end.ts')).toBe('done\n');
  });

  test('survives 20 times that everything nobody holds is collected at once', async () => {
    const five = Array.from({ length: 5 });
    for (let round = 0; round < 4; round++) {
      const outputs = await Promise.all(five.map(() => run('collect.ts', '--expose-gc')));
      expect(outputs).toEqual(five.map(() => 'done\n'));
    }
  });

  test('does not grow with tensors that nobody gives back, if it reads now and then', async () => {
    const held: { bytes: number; made: number; rss: number }[] = JSON.parse(await run('abandon.ts'));
    const most = (of: 'bytes' | 'rss', part: typeof held): number => Math.max(...part.map((each) => each[of]));
    const [early, late] = [held.slice(0, 10), held.slice(10)];
    // The loop makes 8,000 tensors, of 500 MiB: most of them in the memory of those that were collected.
    expect(late.at(-1)!.made).toBeLessThan(4000);
    expect(most('bytes', held)).toBeLessThan(192 * 2 ** 20);
    expect(most('rss', late)).toBeLessThan(most('rss', early) + 96 * 2 ** 20);
  });
});
