/**
 * Kernels: what they are, how they come to be, how they run.
 *
 * Every kernel is an exported function `kernel(args, from, to)`: `args` is the address of its arguments, and it works on
 * items from...to of an index space that is its own (rows, tiles, batch entries). So one dispatcher runs them all, on as
 * many threads as there are, and nothing else knows about threads.
 */

import { type FunctionBuilder, type Local, ModuleBuilder, type Value } from './assembler.ts';
import { type KernelFunction, runChunks } from './chunks.ts';
import { CONTROL } from './control.ts';
import { type Features, features } from './features.ts';
import { f32, i32, v128 } from './instructions.ts';
import { linearMemory, memoryLimits, views } from './linear-memory.ts';
import { shareModule } from './threads.ts';

export { type Features, features } from './features.ts';

export interface Kernel {
  readonly id: number;
}

const functions: KernelFunction[] = [];

export class KernelBuilder {
  readonly features: Features;
  readonly #module: ModuleBuilder;

  constructor(module: ModuleBuilder, features: Features) {
    this.#module = module;
    this.features = features;
  }

  /** A kernel: `args.i32(k)` and `args.f32(k)` read its k-th argument. */
  kernel(
    name: string,
    body: (f: FunctionBuilder, args: Arguments, from: Local<'i32'>, to: Local<'i32'>) => void,
  ): void {
    this.#module.function(name, ['i32', 'i32', 'i32'], [], (f, args, from, to) => body(f, argumentsAt(args), from, to));
  }

  /** A function that kernels of this module call. */
  get helper(): ModuleBuilder['function'] {
    return this.#module.function.bind(this.#module);
  }
}

export interface Arguments {
  /** Where they lie. */
  readonly address: Value<'i32'>;
  i32(k: number): Value<'i32'>;
  f32(k: number): Value<'f32'>;
  /** All four lanes. */
  splat(k: number): Value<'v128'>;
}

/** Emits and compiles a module of kernels; call it once, on first use. */
export function compileKernels<const Names extends string>(
  names: readonly Names[],
  build: (m: KernelBuilder) => void,
): Record<Names, Kernel> {
  const module = new ModuleBuilder(memoryLimits());
  build(new KernelBuilder(module, features()));
  const bytes = module.bytes();
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory: linearMemory() } });
  const first = functions.length;
  functions.push(...(Object.values(exports) as KernelFunction[]));
  shareModule(bytes);
  const places = Object.keys(exports);
  return Object.fromEntries(names.map((name) => [name, { id: first + places.indexOf(name) }])) as Record<Names, Kernel>;
}

/**
 * Runs a kernel on items 0...total, at least `grain` of them at a time, and returns when all are done. Arguments are i32;
 * `floatBits` puts an f32 into one.
 */
export function run(kernel: Kernel, args: readonly number[], total: number, grain: number): void {
  const { i32: words } = views();
  for (let k = 0; k < args.length; k++) words[CONTROL.arguments / 4 + k] = args[k]!;
  runChunks(functions[kernel.id]!, kernel.id, total, grain);
}

const scratch = new DataView(new ArrayBuffer(4));

/** The bits of an f32, as an argument. */
export function floatBits(value: number): number {
  scratch.setFloat32(0, value);
  return scratch.getInt32(0);
}

export function argumentsAt(args: Local<'i32'>): Arguments {
  return {
    address: args,
    i32: (k) => i32.load(args, 4 * k),
    f32: (k) => f32.load(args, 4 * k),
    splat: (k) => v128.loadSplat(args, 4 * k),
  };
}
