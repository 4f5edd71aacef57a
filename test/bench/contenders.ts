/** Who takes part in `pnpm bench:peers`: tapegrad in its modes, and the peers that are installed. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './built.ts';
import type { ModelName } from './problem.ts';

/** A program whose last lines are lines of JSON (`StepLine`, or with `opsArgs` a line of `OpLine` each). */
export interface Contender {
  readonly name: string;
  readonly threads: number;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What to run for single operations, where it can. */
  readonly opsArgs?: readonly string[];
  /** Models whose steps take so long (20 s and more) that one timed step must do. */
  readonly slowOn?: ModelName;
}

export interface Field {
  readonly contenders: readonly Contender[];
  /** Version and build of each library that is not tapegrad. */
  readonly versions: readonly string[];
  /** What is not installed, and how to install it. */
  readonly missing: readonly string[];
}

export interface FieldOptions {
  /** The folder with the peers' scripts. */
  readonly peers: string;
  /** The Python that has torch. */
  readonly python: string;
  readonly threads: number;
  /** Also modes that take 20 s a step. */
  readonly slow: boolean;
  readonly fusedLoss: boolean;
}

/** PyTorch is what the others are measured against. */
export const REFERENCE = 'PyTorch';

/** Finds out who can take part. */
export function assemble(options: FieldOptions): Field {
  const parts = [tapegrad(options), pytorch(options), tfjs(options), jaxjs(options)];
  return {
    contenders: parts.flatMap(({ contenders }) => contenders),
    versions: parts.flatMap(({ versions }) => versions),
    missing: parts.flatMap(({ missing }) => missing),
  };
}

function tapegrad({ threads, fusedLoss }: FieldOptions): Field {
  const hasWideSimd = spawnSync(process.execPath, ['--experimental-wasm-revectorize', '--eval', '0']).status === 0;
  const mode = (name: string, simd: string, count: number, ...args: string[]): Contender => {
    const launch = [join(ROOT, 'scripts/launch.mjs'), simd];
    const common = ['--device', 'wasm', '--threads', String(count)];
    return {
      name: `tapegrad, ${name}`,
      threads: count,
      command: process.execPath,
      args: [...launch, join(import.meta.dirname, 'step.ts'), ...common, ...args],
      ...(args.length === 0 && { opsArgs: [...launch, join(import.meta.dirname, 'ops.ts'), ...common] }),
    };
  };
  const modes = (name: string, simd: string): Contender[] => [
    mode(name, simd, threads),
    ...(threads > 1 ? [mode(`${name}, one thread`, simd, 1)] : []),
    ...(fusedLoss ? [mode(`${name}, fused loss`, simd, threads, '--fused-loss')] : []),
  ];
  return {
    contenders: [
      ...(hasWideSimd ? modes('wide SIMD', '--wide-simd') : []),
      ...modes('without wide SIMD', '--no-wide-simd'),
    ],
    versions: [],
    missing: hasWideSimd ? [] : [`wide SIMD: Node ${process.versions.node} does not have it`],
  };
}

/** Huge pages: without them page faults take up to a third of PyTorch's time for a large step. */
function pytorch({ peers, python, threads }: FieldOptions): Field {
  const script = join(peers, 'pytorch.py');
  const about = 'import torch; print(torch.__version__); print(torch.__config__.show())';
  const { status, stdout } = spawnSync(python, ['-c', about], { encoding: 'utf8' });
  if (status !== 0 || !existsSync(script))
    return absent(
      existsSync(script)
        ? 'PyTorch: `pip install torch==2.13.0` in a virtual environment, whose python is given as --python FILE'
        : `PyTorch: there is no ${script}; --peers FOLDER says where the peers' scripts are`,
    );
  const version = stdout.split('\n', 1)[0]!;
  const blas = /BLAS_INFO=(\w+)/.exec(stdout)?.[1] ?? 'of unknown name';
  const args = [script, '--threads', String(threads)];
  const env = { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' };
  return {
    contenders: [{ name: REFERENCE, threads, command: python, args, opsArgs: [...args, '--ops'], env }],
    versions: [`PyTorch ${version} (BLAS: ${blas}; huge pages)`],
    missing: [],
  };
}

function tfjs({ peers, slow }: FieldOptions): Field {
  if (!existsSync(join(peers, 'node_modules/@tensorflow/tfjs'))) return absent(npmAdvice('TensorFlow.js', peers));
  const script = join(peers, 'tfjs.mjs');
  const args = [script, '--backend', 'wasm'];
  const common = { threads: 1, command: process.execPath } as const;
  const ops = [join(peers, 'ops.mjs'), '--peer', 'tfjs'];
  return {
    contenders: [
      { ...common, name: 'TensorFlow.js, repaired', args: [...args, '--fixed'], opsArgs: [...ops, '--fixed'] },
      ...(slow ? [{ ...common, name: 'TensorFlow.js, as shipped', args, slowOn: 'large' as const }] : []),
    ],
    versions: ['TensorFlow.js 4.22.0, backend wasm ("repaired": its slow gradient of matMul)'],
    missing: [],
  };
}

function jaxjs({ peers }: FieldOptions): Field {
  if (!existsSync(join(peers, 'node_modules/@jax-js/jax'))) return absent(npmAdvice('jax-js', peers));
  const opsArgs = [join(peers, 'ops.mjs'), '--peer', 'jax-js'];
  const args = [join(peers, 'jaxjs.mjs')];
  return {
    contenders: [{ name: 'jax-js', threads: 1, command: process.execPath, args, opsArgs }],
    versions: ['jax-js 0.1.25, backend wasm'],
    missing: [],
  };
}

/** Multiply-adds of one thread at their fastest, in words; undefined where there is no C compiler, or no source. */
export function multiplyAddPeak(peers: string): string | undefined {
  const program = join(ROOT, 'node_modules/.cache/gemm_peak');
  const flags = ['-O2', '-mavx2', '-mfma', '-o', program];
  if (spawnSync('cc', [...flags, join(peers, 'gemm_peak.c')], { stdio: 'ignore' }).status !== 0) return undefined;
  const { status, stdout } = spawnSync(program, { encoding: 'utf8' });
  if (status !== 0) return undefined;
  const peak = JSON.parse(stdout) as Readonly<Record<'fma128_gflops' | 'fma256_gflops', number>>;
  return `multiply-adds of one thread: at most ${peak.fma128_gflops} GFLOP/s with 128 bits, ${peak.fma256_gflops} with 256`;
}

function absent(advice: string): Field {
  return { contenders: [], versions: [], missing: [advice] };
}

function npmAdvice(name: string, peers: string): string {
  return existsSync(join(peers, 'package.json'))
    ? `${name}: \`npm ci\` in ${peers}, or in a copy of it that is given as --peers FOLDER`
    : `${name}: there is no ${join(peers, 'package.json')}; --peers FOLDER says where the peers' scripts are`;
}
