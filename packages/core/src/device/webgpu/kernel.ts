/**
 * What a kernel is: WGSL with named buffers and parameters.
 *
 * A family writes `fn kernel(group: u32, thread: u32)`: `group` counts workgroups from 0, `thread` the invocations in
 * one. Buffers are arrays under their names, parameters are `p.name`. The rest of the shader is written here.
 */

import { link } from './wgsl-library.ts';

/** A parameter's type, a word each. */
export type Word = 'f32' | 'i32' | 'u32';

export interface KernelSource {
  /** What errors and the GPU's tools call it. */
  readonly name: string;
  /** Buffers that are read only, by name: the type of their elements ('f32', 'vec4<f32>'...). */
  readonly reads?: Readonly<Record<string, string>>;
  /** Buffers that are written, or read and written. */
  readonly writes: Readonly<Record<string, string>>;
  /** Numbers of one call, in the order in which it gives them. */
  readonly parameters?: Readonly<Record<string, Word>>;
  /** Invocations in a workgroup: at most 256, which every adapter has. */
  readonly threads?: number;
  /** Uses subgroup operations: only for a device whose `hasSubgroups` is true. */
  readonly subgroups?: boolean;
  /** Declares `fn kernel(group: u32, thread: u32)`. Groups beyond those asked for may run: compare with a parameter. */
  readonly code: string;
}

export interface Kernel {
  readonly name: string;
  readonly wgsl: string;
  /** A letter a buffer, in the order of bindings: r or w. */
  readonly modes: string;
  readonly parameters: readonly Word[];
  /** Bytes of the parameter block; 0 where there is none. */
  readonly blockBytes: number;
}

/** Invocations in a workgroup where a kernel does not say. */
export const THREADS = 64;

export function kernel(source: KernelSource): Kernel {
  const { name, reads = {}, writes, parameters = {} } = source;
  const buffers = [...Object.keys(reads), ...Object.keys(writes)];
  const words = Object.values(parameters);
  return {
    name,
    wgsl: shaderOf(source),
    modes: buffers.map((_, k) => (k < Object.keys(reads).length ? 'r' : 'w')).join(''),
    parameters: words,
    blockBytes: Math.ceil(words.length / 4) * 16,
  };
}

/** Kernels made on first use, one for each combination of arguments: everything that their code depends on. */
export function kernels<Args extends readonly (string | number | boolean)[]>(
  build: (...args: Args) => KernelSource,
): (...args: Args) => Kernel {
  const known = new Map<string, Kernel>();
  return (...args) => {
    const key = args.join();
    let made = known.get(key);
    if (!made) known.set(key, (made = kernel(build(...args))));
    return made;
  };
}

function shaderOf({ reads = {}, writes, parameters = {}, threads = THREADS, subgroups, code }: KernelSource): string {
  const variables = [
    ...Object.entries(reads).map(([name, type]) => `var<storage, read> ${name}: array<${type}>;`),
    ...Object.entries(writes).map(([name, type]) => `var<storage, read_write> ${name}: array<${type}>;`),
  ];
  const fields = Object.entries(parameters).map(([name, type]) => `${name}: ${type}`);
  if (fields.length > 0) variables.push('var<uniform> p: Parameters;');
  const linked = link(code);
  return [
    subgroups ? 'enable subgroups;' : '',
    fields.length > 0 ? `struct Parameters { ${fields.join(', ')} }` : '',
    ...variables.map((variable, k) => `@group(0) @binding(${k}) ${variable}`),
    linked,
    // Groups lie on a grid of two dimensions where there are too many for one.
    `@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) at: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) thread: u32) {
  ${linked.includes('zero_') ? 'zero_ = grid.z - 1u;' : ''}
  kernel(at.x + at.y * grid.x, thread);
}`,
  ]
    .filter((part) => part !== '')
    .join('\n');
}
