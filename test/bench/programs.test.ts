/** The programs of the benchmarks: what they print, and what they say to a mistake. No test is about time. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fixedBatch, flopOf, MODELS, uniform } from './problem.ts';

const folder = mkdtempSync(join(tmpdir(), 'tapegrad-bench-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type ProgramName =
  | 'step'
  | 'ops'
  | 'suite'
  | 'peers'
  | 'raw-kernels'
  | 'memory'
  | 'phases'
  | 'scaling'
  | 'startup'
  | 'webgpu';

function bench(program: ProgramName, ...args: string[]): ReturnType<typeof spawnSync> {
  const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') }; // two dozen starts of the same files
  return spawnSync(process.execPath, [join(import.meta.dirname, `${program}.ts`), ...args], { encoding: 'utf8', env });
}

/** The last line of a program that succeeded. */
function lastLine(program: ProgramName, ...args: string[]): Record<string, unknown> {
  const { status, stdout, stderr } = bench(program, ...args);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return JSON.parse(String(stdout).trim().split('\n').at(-1)!);
}

describe('the problem that all contenders compute', () => {
  it('has the weights and the batch of the peers, bit for bit', () => {
    expect([...uniform(3, 1, 1)]).toEqual([-0.3428267240524292, 0.8168305158615112, 0.3958674669265747]);
    expect([...fixedBatch(MODELS.small).inputs.subarray(0, 4)]).toEqual([41, 47, 48, 34]);
    expect([...fixedBatch(MODELS.large).targets.subarray(0, 4)]).toEqual([4370, 3313, 6365, 2703]);
  });
});

it('the products of a step are counted', () => {
  const tiny = { vocab: 7, embedding: 2, hidden: 3, batch: 5, time: 1 };
  const forward = 2 * 5 * 2 * 12 + 2 * 5 * 3 * 12 + 2 * 5 * 3 * 7;
  expect(flopOf(tiny)).toBe(3 * forward);
});

describe('bench:step', () => {
  it.each(['wasm', 'cpu'] as const)(
    'prints a line of JSON with the fields of the peers, and their loss: %s',
    (device) => {
      const line = lastLine('step', '--steps', '1', '--threads', '1', '--device', device);
      expect(line).toEqual({
        peer: 'tapegrad',
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        model: 'small',
        threads: 1,
        steps: 1,
        ms_median: expect.any(Number),
        ms_best: expect.any(Number),
        tokens_per_second: expect.any(Number),
        peak_rss_mb: expect.any(Number),
        loss_first: expect.closeTo(4.176241, 5),
        loss_last: expect.closeTo(4.164488, 4),
        device,
        wide_simd: false,
        fused_loss: false,
        time: 64,
        vocab: 65,
      });
    },
  );
});

describe('the raw kernels', () => {
  it('train until they are stopped, and count after their warm-up', () => {
    mkdirSync(join(folder, 'wasm'));
    const settings = '[process.env.B, process.env.T, process.env.V, process.env.CH, process.argv[2]].join()';
    writeFileSync(
      join(folder, 'wasm/train.mjs'),
      `if (${settings} !== '32,64,64,2048,2') throw new Error(${settings});
      let step = 0;
      setInterval(() => {
        step++;
        if (step % 5 === 0 || step < 3) console.log('  step', step, 'loss', '1.2500', step < 3 ? '99.0' : step + '.5', 'ms wall; cpu 1');
      }, 1);`,
    );
    const line = lastLine(
      'raw-kernels',
      '--prototypes',
      folder,
      '--model',
      'small64',
      '--threads',
      '2',
      '--seconds',
      '0',
    );
    expect(line).toMatchObject({
      peer: 'raw-kernels',
      model: 'small64',
      threads: 2,
      loss_first: null,
      loss_last: 1.25,
    });
    expect(line).toMatchObject({ steps: 3, ms_median: 10.5, ms_best: 5.5, tokens_per_second: 195047.6 });
  });

  it('that stop by themselves are shown with what they say', () => {
    const { status, stderr } = bench('raw-kernels', '--prototypes', folder, '--model', 'large');
    expect(stderr).toContain('32,50,10000,200'); // the sizes are not those that the program above expects
    expect(status).toBe(1);
  });
});

describe('bench:phases', () => {
  it('prints the kernels of a step, also where the peak of multiply-adds cannot be measured', () => {
    const { status, stdout } = bench('phases', '--seconds', '0', '--threads', '1', '--peers', folder);
    expect(status).toBe(0);
    expect(stdout).toContain('a peak that was not measured');
    expect(stdout).toMatch(/^\| lstmForward \[64, 32, 128\] \| 1 \| /m);
    expect(stdout).toMatch(/^\| \*\*the step\*\* \| {2}\| [\d.]+ \| 100% \|/m);
  });
});

describe('bench:ops', () => {
  it('prints a line of JSON for an operation', () => {
    const line = lastLine('ops', '--seconds', '0', '--threads', '1', '--only', 'matmul_TN');
    expect(line).toEqual({
      peer: 'tapegrad',
      version: expect.any(String),
      threads: 1,
      op: 'matmul_TN 512x512x512',
      calls: 3,
      ms_median: expect.any(Number),
      ms_best: expect.any(Number),
      gflops: expect.any(Number),
      device: 'wasm',
      wide_simd: false,
    });
  });
});

describe('a mistake on the command line', () => {
  it.each([
    ['step', ['--model', 'huge'], "--model is 'huge': expected one of small, small64, large"],
    ['step', ['--device', 'gpu'], "--device is 'gpu': expected one of wasm, cpu"],
    ['step', ['large'], "'large' belongs to no option"],
    ['ops', ['--only', 'nonsense'], "--only is 'nonsense'"],
    ['suite', ['--only', 'nonsense'], "--only is 'nonsense'"],
    ['peers', ['--model', 'small,huge'], "--model is 'small,huge': expected some of small,small64,large"],
    ['peers', ['--out', 'no/such/page.md'], "--out is 'no/such/page.md', which cannot be read"],
    [
      'peers',
      ['--ops', '--out', 'README.md'],
      "--out is 'README.md', which has no section between <!-- operations -->",
    ],
    ['scaling', ['--out', 'no/such/page.md'], "--out is 'no/such/page.md', which cannot be read"],
    ['startup', ['--out', 'README.md'], "--out is 'README.md', which has no section between <!-- startup -->"],
    [
      'phases',
      ['--fused-loss', '--out', 'README.md'],
      "--out is 'README.md', which has no section between <!-- phases, small, without wide SIMD, fused loss -->",
    ],
    ['webgpu', ['--model', 'large'], "--model is 'large': expected some of mlp,small"],
    [
      'webgpu',
      ['--peers', '/no/such'],
      "--peers is '/no/such', where @tensorflow/tfjs-core is not installed: npm install",
    ],
    ['raw-kernels', ['--prototypes', '/no/such'], "--prototypes is '/no/such': there is no /no/such/wasm/train.mjs"],
  ] as const)('is an error that says what was expected: bench:%s %j', (program, args, message) => {
    const { status, stderr } = bench(program, ...args);
    expect(stderr).toContain(`error: ${message}`);
    expect(stderr).not.toContain('    at ');
    expect(status).toBe(1);
  });

  it.each(['step', 'ops', 'suite', 'peers', 'memory', 'phases', 'scaling', 'startup', 'webgpu'] as const)(
    'is avoided with --help: bench:%s',
    (program) => {
      const { status, stdout } = bench(program, '--help');
      expect(stdout).toMatch(program === 'suite' ? /^pnpm bench / : `pnpm bench:${program} [options]`);
      expect(stdout).toContain('\nOptions:\n');
      expect(status).toBe(0);
    },
  );
});
