/** The tables of docs/benchmarks.md, from invented measurements. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { alternate } from './alternate.ts';
import type { Contender } from './contenders.ts';
import { median, type OpLine, type StepLine } from './measure.ts';
import { opsReport } from './ops-report.ts';
import { openPage, replaceSection } from './page.ts';
import { MODEL_NAMES } from './problem.ts';
import { stepReport } from './report.ts';

const folder = mkdtempSync(join(tmpdir(), 'tapegrad-report-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function contender(name: string, library: Contender['library'], more: Partial<Contender> = {}): Contender {
  return { name, library, threads: 2, command: '', args: [], models: [], ...more };
}

const ours = contender('tapegrad', 'tapegrad', { wideSimd: true, fusedLoss: false });
const pytorch = contender('PyTorch', 'PyTorch');

describe('the tables of a model', () => {
  const line = (ms: number, loss: number | null = 4.17624): StepLine => ({
    ...{ peer: 'p', version: '1', model: 'small', threads: 2, steps: 10, ms_median: ms, ms_best: ms },
    ...{ tokens_per_second: 2048e3 / ms, peak_rss_mb: 100, loss_first: loss, loss_last: loss },
  });

  const unknown = { flop: 0, rooflines: [] };

  it('have medians over rounds, and ratios taken within a round, with their spread', () => {
    const text = stepReport(
      [
        { contender: ours, rounds: [line(10), line(40), line(15)] },
        { contender: pytorch, rounds: [line(20), line(50), line(20)] },
      ],
      unknown,
    );
    expect(text).toContain('| tapegrad | 2 | 15 | 15 | 0.75 (0.50-0.80) | 136,533 | 100 | 4.17624 |');
    expect(text).toContain('| PyTorch | 2 | 20 | 20 | 1 |');
    expect(text).toContain('The losses agree');
  });

  it('have the ratios that matter, by mode: to PyTorch, raw kernels, JavaScript peers and one thread', () => {
    const mode = (name: string, more: Partial<Contender>): Contender => contender(name, 'tapegrad', more);
    const text = stepReport(
      [
        { contender: ours, rounds: [line(10), line(12)] },
        { contender: mode('one', { wideSimd: true, fusedLoss: false, threads: 1 }), rounds: [line(18), line(24)] },
        { contender: mode('fused', { wideSimd: true, fusedLoss: true }), rounds: [line(9), line(9)] },
        { contender: mode('narrow', { wideSimd: false, fusedLoss: false }), rounds: [line(30), line(30)] },
        { contender: contender('raw', 'raw kernels', { wideSimd: true }), rounds: [line(8, null), line(10, null)] },
        { contender: pytorch, rounds: [line(20), line(20)] },
        { contender: contender('jax', 'jax-js', { threads: 1 }), rounds: [line(200), line(240)] },
      ],
      {
        flop: 2e9,
        rooflines: [100, 125].map((peak) => ({
          threads: 2,
          fma128_gflops: peak,
          fma256_gflops: 2 * peak,
          copy_gbs: 1,
        })),
      },
    );
    expect(text).toContain('| tapegrad, 2 threads | wide SIMD | without wide SIMD |');
    expect(text).toContain("| time of PyTorch's, plain loss | 0.55 (0.50-0.60) | 1.50 (1.50-1.50) |");
    expect(text).toContain("| time of PyTorch's, fused loss | 0.45 (0.45-0.45) |  |");
    expect(text).toContain("| time of the raw kernels', plain loss | 1.23 (1.20-1.25) |  |");
    expect(text).toContain('| times as fast as jax-js, plain loss | 20 (20-20) | 7.33 (6.67-8.00) |');
    expect(text).toContain('| all threads, times as fast as one, plain loss | 1.90 (1.80-2.00) |  |');
    expect(text).toContain("peak: time of PyTorch's | 0.45 (0.40-0.50) | 0.90 (0.80-1.00) |");
    expect(text).not.toContain('TensorFlow.js');
    expect(text).toContain('The losses agree'); // raw kernels have data of their own
  });

  it('name who did other work', () => {
    const text = stepReport(
      [
        { contender: ours, rounds: [line(10)] },
        { contender: pytorch, rounds: [line(20)] },
        { contender: contender('odd', 'jax-js'), rounds: [line(1, 0)] },
        { contender: contender('broken', 'TensorFlow.js'), rounds: [line(1, null)] }, // NaN in JSON
      ],
      unknown,
    );
    expect(text).toContain('The losses do not agree: odd; broken did other work');
  });

  it('show who failed, and need no PyTorch', () => {
    expect(stepReport([{ contender: ours, rounds: [undefined] }], unknown)).toContain('| tapegrad | 2 | failed |');
  });
});

describe('the tables of operations', () => {
  const op = (name: string, ms: number, more: Partial<OpLine> = {}): OpLine => ({
    ...{ peer: 'p', version: '1', threads: 2, op: name, calls: 3, ms_median: ms, ms_best: ms, ...more },
  });
  const limits = [[{ threads: 2, fma128_gflops: 100, fma256_gflops: 200, copy_gbs: 30 }]];

  it('leave out what a contender does not measure, and compare within a number of threads', () => {
    const text = opsReport(
      [
        { contender: ours, rounds: [[op('tanh', 2), op('add 10', 0.004, { ms_mean: 0.0012 })]] },
        { contender: pytorch, rounds: [[op('tanh', 4)]] },
        { contender: { ...ours, name: 'tapegrad, one thread', threads: 1 }, rounds: [[op('tanh', 5)]] },
      ],
      [[]],
    );
    expect(text).toContain('### 2 threads');
    expect(text).toContain('| tanh | 2 ms; 0.50 | 4 ms |');
    expect(text).toContain('| add 10 | 1.20 µs |  |');
    expect(text).toContain('### 1 thread\n');
    expect(text).toContain('\n| tanh | 5 ms |');
    expect(text).not.toContain('beside the most'); // the limits are not known
  });

  it('say how near matrix products are to the peak of their width, and what transposes cost', () => {
    const text = opsReport(
      [
        { contender: ours, rounds: [[op('matmul_NN 5', 2, { gflops: 160 }), op('matmul_TN 5', 2.2, { gflops: 145 })]] },
        { contender: { ...ours, name: 'narrow', wideSimd: false }, rounds: [[op('matmul_NN 5', 4, { gflops: 80 })]] },
      ],
      limits,
    );
    expect(text).toContain('100 GFLOP/s with 128 bits, 200 with 256');
    expect(text).toContain('| matmul_NN 5 | 160 | 80% |  | 80 | 80% |  |');
    expect(text).toContain('| matmul_TN 5 | 145 | 73% | 1.10 |');
  });

  it('say how much memory an operation moves, also for who does not count it', () => {
    const text = opsReport(
      [
        { contender: ours, rounds: [[op('add', 2, { bytes: 50e6 })]] },
        { contender: pytorch, rounds: [[op('add', 4)]] },
      ],
      limits,
    );
    expect(text).toContain('no cache holds: 30.0.');
    expect(text).toContain('| add | 25.0 | 12.5 |');
  });
});

describe('turns', () => {
  it('alternate, and who failed is not asked again', async () => {
    const asked: string[] = [];
    const written: number[] = [];
    const series = await alternate({
      contenders: [{ name: 'a' }, { name: 'b' }],
      rounds: 3,
      what: 'test',
      measure({ name }) {
        asked.push(name);
        return name === 'a' ? { result: asked.length, summary: '' } : undefined;
      },
      afterRound: (_, rounds) => written.push(rounds),
    });
    expect(asked).toEqual(['a', 'b', 'a', 'a']);
    expect(series.map(({ rounds }) => rounds)).toEqual([[1, 3, 4], [undefined]]);
    expect(written).toEqual([1, 2, 3]);
  });
});

describe('a section of a page', () => {
  const page = 'a\n\n<!-- x -->\n\nold\n\n<!-- /x -->\n\nb\n';

  it('is replaced, and nothing else', () => {
    expect(replaceSection(page, 'x', 'new')).toBe('a\n\n<!-- x -->\n\nnew\n\n<!-- /x -->\n\nb\n');
    expect(() => replaceSection(page, 'y', 'new')).toThrow('no section');
  });

  it('is written into the page as it is by then', () => {
    const file = join(folder, 'page.md');
    writeFileSync(file, page);
    const opened = openPage(file, ['x']);
    writeFileSync(file, page.replace('b\n', 'c\n'));
    opened.write('x', 'new');
    expect(readFileSync(file, 'utf8')).toBe('a\n\n<!-- x -->\n\nnew\n\n<!-- /x -->\n\nc\n');
    expect(() => openPage(file, ['y'])).toThrow('no section between <!-- y --> and <!-- /y -->');
  });

  it('exists for all that is measured', () => {
    openPage('docs/benchmarks.md', [...MODEL_NAMES.map((name) => `training steps, ${name}`), 'operations']);
  });
});

it('the median of an even number of values lies between the two in the middle', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
});
