/** Who takes part in `pnpm bench:peers`: tapegrad in its modes, the peers that are installed, and kernels without a tape. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './built.ts';
import { MODEL_NAMES, type ModelName } from './problem.ts';

/** A program whose last lines are lines of JSON (`StepLine`, or with `opsArgs` a line of `OpLine` each). */
export interface Contender {
  readonly name: string;
  readonly library: 'tapegrad' | 'PyTorch' | 'TensorFlow.js' | 'jax-js' | 'raw kernels';
  readonly threads: number;
  /** 256-bit instructions in WebAssembly; undefined for what is not WebAssembly of ours. */
  readonly wideSimd?: boolean;
  /** The head and its loss in one, so that the logits never all exist. */
  readonly fusedLoss?: boolean;
  readonly command: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Trains a model, which `--model` names. */
  readonly args: readonly string[];
  /** The models that it can train. */
  readonly models: readonly ModelName[];
  /** What to run for single operations, where it can. */
  readonly opsArgs?: readonly string[];
  /** The model whose steps take so long (20 s and more) that one timed step must do. */
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
  /** The folder that has wasm/train.mjs: a training step as bare kernels. */
  readonly prototypes: string;
  /** The Python that has torch. */
  readonly python: string;
  readonly threads: number;
  /** Also modes that take 20 s a step. */
  readonly slow: boolean;
}

/** PyTorch is what the others are measured against. */
export const REFERENCE = 'PyTorch';

/** What peers can train: their scripts know no other models. */
const SHARED: readonly ModelName[] = ['small', 'large'];

/** Finds out who can take part. */
export function assemble(options: FieldOptions): Field {
  const parts = [tapegrad(options), rawKernels(options), pytorch(options), tfjs(options), jaxjs(options)];
  return {
    contenders: parts.flatMap(({ contenders }) => contenders),
    versions: parts.flatMap(({ versions }) => versions),
    missing: parts.flatMap(({ missing }) => missing),
  };
}

/** `node scripts/launch.mjs SWITCH test/bench/FILE`: a program of this folder, with wide SIMD or without. */
export function launched(wideSimd: boolean, file: string): string[] {
  // As `pnpm bench:step` does: with a compile cache, no process holds the 14 MB of what turns TypeScript into JavaScript.
  const launcher = ['--require', join(ROOT, 'scripts/preflight.cjs'), join(ROOT, 'scripts/launch.mjs')];
  return [...launcher, wideSimd ? '--wide-simd' : '--no-wide-simd', join(import.meta.dirname, file)];
}

/** The modes of WebAssembly that this Node has, wide SIMD first. */
export function simdModes(): readonly boolean[] {
  const { status } = spawnSync(process.execPath, ['--experimental-wasm-revectorize', '--eval', '0']);
  return status === 0 ? [true, false] : [false];
}

/** How a mode is called in tables. */
export function simdName(wideSimd: boolean): string {
  return wideSimd ? 'wide SIMD' : 'without wide SIMD';
}

function tapegrad({ threads }: FieldOptions): Field {
  const modes = simdModes();
  const contenders = modes.flatMap((wideSimd) => {
    const mode = (suffix: string, count: number, fusedLoss: boolean): Contender => {
      const place = ['--device', 'wasm', '--threads', String(count)];
      return {
        name: `tapegrad, ${simdName(wideSimd)}${suffix}`,
        library: 'tapegrad',
        ...{ threads: count, wideSimd, fusedLoss, command: process.execPath },
        args: [...launched(wideSimd, 'step.ts'), ...place, ...(fusedLoss ? ['--fused-loss'] : [])],
        models: MODEL_NAMES,
        ...(fusedLoss ? {} : { opsArgs: [...launched(wideSimd, 'ops.ts'), ...place] }),
      };
    };
    return [
      mode('', threads, false),
      ...(threads > 1 ? [mode(', one thread', 1, false)] : []),
      mode(', fused loss', threads, true),
    ];
  });
  const missing = modes.length > 1 ? [] : [`wide SIMD: Node ${process.versions.node} does not have it`];
  return { contenders, versions: [], missing };
}

/** What a training step takes without a tape, layers, or memory that anybody manages: the floor of the framework's share. */
function rawKernels({ prototypes, threads }: FieldOptions): Field {
  const script = join(prototypes, 'wasm/train.mjs');
  if (!existsSync(script))
    return absent(`raw kernels: there is no ${script}; --prototypes FOLDER says where the prototypes are`);
  const contenders = simdModes().map((wideSimd): Contender => {
    const place = ['--prototypes', prototypes, '--threads', String(threads)];
    return {
      name: `raw kernels, no autograd, ${simdName(wideSimd)}`,
      library: 'raw kernels',
      ...{ threads, wideSimd, command: process.execPath },
      args: [...launched(wideSimd, 'raw-kernels.ts'), ...place],
      models: ['small64', 'large'],
    };
  });
  return { contenders, versions: [], missing: [] };
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
  const withThreads = (count: number): Contender => {
    const args = [script, '--threads', String(count)];
    return {
      name: count === threads ? REFERENCE : `${REFERENCE}, one thread`,
      library: 'PyTorch',
      threads: count,
      command: python,
      env: { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' },
      args,
      opsArgs: [...args, '--ops'],
      models: count === threads ? SHARED : [],
    };
  };
  return {
    contenders: [withThreads(threads), ...(threads > 1 ? [withThreads(1)] : [])],
    versions: [`PyTorch ${version} (BLAS: ${blas}; huge pages)`],
    missing: [],
  };
}

function tfjs({ peers, slow }: FieldOptions): Field {
  if (!existsSync(join(peers, 'node_modules/@tensorflow/tfjs'))) return absent(npmAdvice('TensorFlow.js', peers));
  const script = join(peers, 'tfjs.mjs');
  const args = [script, '--backend', 'wasm'];
  const common = { library: 'TensorFlow.js', threads: 1, command: process.execPath, models: SHARED } as const;
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
  const place = { threads: 1, command: process.execPath, models: SHARED } as const;
  return {
    contenders: [{ name: 'jax-js', library: 'jax-js', ...place, args, opsArgs }],
    versions: ['jax-js 0.1.25, backend wasm'],
    missing: [],
  };
}

function absent(advice: string): Field {
  return { contenders: [], versions: [], missing: [advice] };
}

function npmAdvice(name: string, peers: string): string {
  return existsSync(join(peers, 'package.json'))
    ? `${name}: \`npm ci\` in ${peers}, or in a copy of it that is given as --peers FOLDER`
    : `${name}: there is no ${join(peers, 'package.json')}; --peers FOLDER says where the peers' scripts are`;
}
