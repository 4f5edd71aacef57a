/** The tables of docs/benchmarks.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { median, type StepLine } from './measure.ts';
import { opsTable, replaceSection, stepTable } from './report.ts';

const line = (ms: number, loss = 4.17624): StepLine => ({
  ...{ peer: 'p', version: '1', model: 'small', threads: 2, steps: 10, ms_median: ms, ms_best: ms },
  ...{ tokens_per_second: 2048e3 / ms, peak_rss_mb: 100, loss_first: loss, loss_last: loss },
});
const ours = { name: 'tapegrad', threads: 2 };
const pytorch = { name: 'PyTorch', threads: 2 };

describe('the table of a model', () => {
  it('has medians over rounds, and ratios taken within a round, with their spread', () => {
    const text = stepTable([
      { contender: ours, rounds: [line(10), line(40), line(15)] },
      { contender: pytorch, rounds: [line(20), line(50), line(20)] },
    ]);
    expect(text).toContain('| tapegrad | 2 | 15 | 0.75 (0.50-0.80) | 136,533 | 100 | 4.17624 |');
    expect(text).toContain('| PyTorch | 2 | 20 | 1 |');
    expect(text).toContain('The losses agree');
  });

  it('names who did other work', () => {
    const text = stepTable([
      { contender: ours, rounds: [line(10)] },
      { contender: pytorch, rounds: [line(20)] },
      { contender: { name: 'odd', threads: 1 }, rounds: [line(1, 0)] },
      { contender: { name: 'broken', threads: 1 }, rounds: [line(1, Number.NaN)] },
    ]);
    expect(text).toContain('The losses do not agree: odd; broken did other work');
  });

  it('shows who failed, and needs no PyTorch', () => {
    const text = stepTable([{ contender: ours, rounds: [undefined] }]);
    expect(text).toContain('| tapegrad | 2 | failed |');
  });
});

it('the table of operations leaves out what a contender does not measure', () => {
  const op = (name: string, ms: number) => ({
    ...{ peer: 'p', version: '1', threads: 2, op: name, calls: 3, ms_median: ms, ms_best: ms },
  });
  const text = opsTable([
    { contender: ours, rounds: [[{ ...op('matmul', 2), gflops: 80.4 }, op('add', 1)]] },
    { contender: pytorch, rounds: [[{ ...op('matmul', 4), gflops: 40.2 }]] },
  ]);
  expect(text).toContain('| matmul | 2 ms, 80 GFLOP/s; 0.50 | 4 ms, 40 GFLOP/s |');
  expect(text).toContain('| add | 1 ms |  |');
});

it('a section of the page is replaced, and nothing else', () => {
  const page = 'a\n\n<!-- x -->\n\nold\n\n<!-- /x -->\n\nb\n';
  expect(replaceSection(page, 'x', 'new')).toBe('a\n\n<!-- x -->\n\nnew\n\n<!-- /x -->\n\nb\n');
  expect(() => replaceSection(page, 'y', 'new')).toThrow('no section');
});

it('docs/benchmarks.md has the sections that bench:peers writes', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/benchmarks.md'), 'utf8');
  for (const name of ['training steps', 'operations']) expect(replaceSection(page, name, 'new')).toContain('new');
});

it('the median of an even number of values lies between the two in the middle', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
});
