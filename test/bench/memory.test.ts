/** bench:memory: its table, from invented measurements, and that the program fills it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { memoryTable } from './memory-report.ts';
import { openPage } from './page.ts';

const folder = mkdtempSync(join(tmpdir(), 'tapegrad-memory-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('the table of memory says what grew, and what is equal to the byte', () => {
  const held = (steps: number, inUse: number, rss: number) => ({
    ...{ steps, pool: { bytesInUse: inUse, bytesIdle: 2 ** 20 }, heap: 2 ** 23, rss: rss * 2 ** 20 },
  });
  expect(
    memoryTable([held(100, 5000, 100), held(10_000, 5000, 102), held(20_000, 5001, 99)])
      .split('\n')
      .slice(2),
  ).toEqual([
    '| 100 | 0.00 | 1.00 | 8.00 | 100.00 |',
    '| 10,000 | 0.00 (equal) | 1.00 (equal) | 8.00 (equal) | 102.00 (+2.0%) |',
    '| 20,000 | 0.00 (+0.0%) | 1.00 (equal) | 8.00 (equal) | 99.00 (-1.0%) |',
  ]);
});

it('bench:memory looks after 100 steps and at the end, and writes what it saw', () => {
  const page = join(folder, 'page.md');
  writeFileSync(page, '<!-- memory -->\n<!-- /memory -->\n');
  const program = join(import.meta.dirname, 'memory.ts');
  const { status, stderr } = spawnSync(process.execPath, [program, '--steps', '101', '--out', page], {
    encoding: 'utf8',
  });
  expect(stderr).toContain('101 of 101 steps');
  expect(status).toBe(0);
  expect(readFileSync(page, 'utf8')).toMatch(/\| 100 \| [\d.]+ \| .*\n\| 101 \| [\d.]+ \(equal\) \| /);
});

it('docs/benchmarks.md has the section that it is written into', () => {
  openPage('docs/benchmarks.md', ['memory']);
});
