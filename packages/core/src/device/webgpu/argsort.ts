/**
 * The positions that sort lines: a bitonic network, whose passes compare elements at a distance. Equal elements are
 * compared by position, so the order of equals stays, and the result is that of a stable sort.
 *
 * Lines are filled up to a power of two with places beyond their end, which come last.
 */

import { sizeOf } from '../../shape.ts';
import type { Kernels } from '../device.ts';
import { type Gpu, wordOf } from './gpu.ts';
import { type KernelSource, kernels, THREADS } from './kernel.ts';

export const argsort =
  (gpu: Gpu): Kernels['argsort'] =>
  (input, descending, output) => {
    const size = input.shape.at(-1) ?? 1;
    const lines = sizeOf(input.shape) / size;
    const padded = 2 ** Math.ceil(Math.log2(size));
    const places = gpu.allocate(lines * padded);
    const pairs = (lines * padded) / 2;
    const word = wordOf(input.dtype);
    const each = (total: number): number => Math.ceil(total / THREADS);
    const common = [input.offset, size, padded];
    gpu.run(startKernel(), [places], [padded, lines * padded], each(lines * padded));
    for (let run = 2; run <= padded; run *= 2) {
      for (let distance = run / 2; distance >= 1; distance /= 2) {
        const values = [...common, pairs, run, distance];
        gpu.run(passKernel(word, descending), [input.buffer, places], values, each(pairs));
      }
    }
    gpu.run(endKernel(), [places, output.buffer], [size, padded, output.offset, lines * size], each(lines * size));
    gpu.release(places);
  };

const startKernel = kernels(() => ({
  name: 'argsort',
  writes: { places: 'i32' },
  parameters: { padded: 'u32', count: 'u32' },
  code: `fn kernel(group: u32, thread: u32) {
  let index = group * ${THREADS}u + thread;
  if (index < p.count) { places[index] = i32(index % p.padded); }
}`,
}));

const passKernel = kernels(
  (word: string, descending: boolean): KernelSource => ({
    name: 'argsort',
    reads: { x: word },
    writes: { places: 'i32' },
    parameters: { offset: 'i32', size: 'i32', padded: 'u32', count: 'u32', run: 'u32', distance: 'u32' },
    code: `
fn is_nan(value: f32) -> bool { return (bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u; }
/** Whether the element at place a of a line belongs behind the one at b. */
fn behind(line: i32, a: i32, b: i32) -> bool {
  if (a >= p.size || b >= p.size) { return a > b; }
  let left = x[line + a];
  let right = x[line + b];
  ${word === 'f32' ? NAN_ORDER(descending) : ''}
  if (left == right) { return a > b; }
  return left ${descending ? '<' : '>'} right;
}
fn kernel(group: u32, thread: u32) {
  let pair = group * ${THREADS}u + thread;
  if (pair >= p.count) { return; }
  let low = (pair / p.distance) * 2u * p.distance + pair % p.distance;
  let high = low + p.distance;
  let at = low % p.padded;
  let line = p.offset + i32(low / p.padded) * p.size;
  let ascends = (at & p.run) == 0u;
  let a = places[low];
  let b = places[high];
  if (behind(line, a, b) == ascends) {
    places[low] = b;
    places[high] = a;
  }
}`,
  }),
);

/** NaN is the largest. */
const NAN_ORDER = (descending: boolean): string => `let nan_left = is_nan(left);
  let nan_right = is_nan(right);
  if (nan_left || nan_right) {
    if (nan_left && nan_right) { return a > b; }
    return ${descending ? 'nan_right' : 'nan_left'};
  }`;

const endKernel = kernels(() => ({
  name: 'argsort',
  reads: { places: 'i32' },
  writes: { y: 'i32' },
  parameters: { size: 'u32', padded: 'u32', offset: 'i32', count: 'u32' },
  code: `fn kernel(group: u32, thread: u32) {
  let index = group * ${THREADS}u + thread;
  if (index >= p.count) { return; }
  y[p.offset + i32(index)] = places[(index / p.size) * p.padded + index % p.size];
}`,
}));
