/** Options that the benchmarks share, and how their programs start and fail. */
import { availableParallelism } from 'node:os';
import {
  choice,
  describeOptions,
  integer,
  parseCommand,
  type Row,
  type Rows,
  text,
  toggle,
} from '../../examples/char-lm/cli.ts';
import { UserError } from '../../examples/char-lm/user-error.ts';
import type { Mode } from './measure.ts';
import { MODEL_NAMES, MODELS, type ModelName, type Sizes } from './problem.ts';

/** Where tapegrad computes. */
export interface Place {
  readonly device: 'wasm' | 'cpu' | 'webgpu';
  readonly threads: number;
}

export const PLACE: Rows<Place> = {
  device: choice<Place['device']>('wasm', ['wasm', 'cpu'], 'where to compute'),
  threads: integer(availableParallelism(), 'that compute, the main thread included; cpu has one', 1, 256),
};

/** What is trained: a reference model, and sizes in place of its own. */
export interface Task {
  readonly model: ModelName;
  readonly time: number | undefined;
  readonly vocab: number | undefined;
  readonly fusedLoss: boolean;
}

export const TASK: Rows<Task> = {
  model: choice<ModelName>('small', MODEL_NAMES, 'reference model'),
  time: { ...integer(0, 'time steps, in place of those of the model', 1), fallback: undefined },
  vocab: { ...integer(0, 'classes, in place of those of the model', 2), fallback: undefined },
  fusedLoss: toggle('LinearCrossEntropyLoss in place of Linear and CrossEntropyLoss'),
};

export function sizesOf({ model, time = MODELS[model].time, vocab = MODELS[model].vocab }: Task): Sizes {
  return { ...MODELS[model], time, vocab };
}

/** `large`, or `large, V = 40000` where a size is not the model's. */
export function taskName({ model, time, vocab }: Task): string {
  return [model, ...(time ? [`T = ${time}`] : []), ...(vocab ? [`V = ${vocab}`] : [])].join(', ');
}

/** The folder with the peers' scripts, and with the program that measures the processor's peak. */
export const PEERS: Row<string> = text<string>('../shared/peers', 'FOLDER', "with the peers' scripts");

export const HELP: Row<boolean> = toggle('this text');

/**
 * Runs a benchmark program: reads its options, prints its help if that is asked for, or runs it. A mistake of the user
 * prints `error: ...` to stderr and sets the exit code to 1, without a stack.
 */
export async function runBench<Options extends { readonly help: boolean }>(
  title: string,
  rows: Rows<Options>,
  main: (options: Options) => void | Promise<void>,
): Promise<void> {
  try {
    const { options, operands } = parseCommand(process.argv.slice(2), rows);
    if (operands.length > 0) throw new UserError(`'${operands[0]}' belongs to no option. See --help.`);
    if (options.help) process.stdout.write(`${title}\n\nOptions:\n${describeOptions(rows)}\n`);
    else await main(options);
  } catch (error) {
    const { TapegradError } = await import('@tapegrad/core'); // no device, too many threads
    if (!(error instanceof UserError || error instanceof TapegradError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = 1;
  }
}

/** Makes a device the default, and says what it computes with. Call it after `useBuiltPackages`. */
export async function usePlace({
  device,
  threads,
}: Place): Promise<Mode & { readonly version: string; threads: number }> {
  const { deviceInfo, setDevice, setThreads } = await import('@tapegrad/core');
  const { default: about } = await import('../../packages/core/package.json', { with: { type: 'json' } });
  setThreads(threads);
  if (device === 'webgpu') {
    const { provideWebGpu } = await import('../../scripts/webgpu.mjs');
    Object.assign(process.env, provideWebGpu());
  }
  await setDevice(device);
  const { details } = deviceInfo(device);
  return {
    version: about.version,
    device,
    threads: typeof details.threads === 'number' ? details.threads : 1,
    wide_simd: details.wideSimd === true,
    ...(typeof details.adapter === 'string' && { adapter: details.adapter }),
  };
}
