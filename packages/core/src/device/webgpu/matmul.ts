/**
 * Matrix products: which of four kernels makes them. M: rows, K: inner size, N: columns.
 *
 * - tiles: a workgroup makes 64 x 64 elements, from blocks of a and b that it holds in its memory.
 * - vectors: an invocation makes 4 x 4 elements, straight from memory, which it reads in fours; for what has too few tiles to
 *   keep a GPU busy, where the layout allows it.
 * - blocks: the same, element by element.
 * - dots: a workgroup makes one element, its threads a part of the sum each; for few elements with long sums.
 *
 * Sums are in a fixed order, so they are the same in every run.
 */

import { sameShape, sizeOf } from '../../shape.ts';
import type { Kernels, View } from '../device.ts';
import type { Gpu } from './gpu.ts';
import type { Kernel } from './kernel.ts';
import {
  BLOCK,
  BLOCK_THREADS,
  blocksKernel,
  dotsKernel,
  type Plus,
  TILE,
  tilesKernel,
  vectorsKernel,
} from './matmul-kernels.ts';
import { walkOf, walkValues } from './walk.ts';

/** Fewer elements than this are made by dots, if their sums are longer than that. */
const FEW = 512;
const LONG = 128;
/** A GPU has some dozens of places for workgroups: below so many tiles, smaller pieces of work fill more of them. */
const MANY_TILES = 64;

export const matmul =
  (gpu: Gpu): Kernels['matmul'] =>
  (a, b, output, { plus } = {}) => {
    const [M, K, N] = [a.shape.at(-2)!, a.shape.at(-1)!, b.shape.at(-1)!];
    const batches = sizeOf(output.shape.slice(0, -2));
    if (M * N * batches === 0) return;
    const batch = ({ offset, strides }: View): { offset: number; strides: readonly number[] } => ({
      offset,
      strides: strides.slice(0, -2),
    });
    const kind = !plus ? 'nothing' : isSame(plus, output) ? 'output' : 'other';
    const views = kind === 'other' ? [a, b, output, plus!] : [a, b, output];
    const walk = walkOf(output.shape.slice(0, -2), views.map(batch));
    const steps = views.flatMap(({ strides }) => strides.slice(-2));
    const [kernel, groups] = choose(a, b, walk.key, kind, M, K, N, batches);
    const reads = kind === 'other' ? [a.buffer, b.buffer, plus!.buffer] : [a.buffer, b.buffer];
    gpu.run(kernel, [...reads, output.buffer], [...walkValues(walk), M, K, N, ...steps], groups * batches);
  };

function isSame(a: View, b: View): boolean {
  return a.buffer === b.buffer && a.offset === b.offset && sameShape(a.strides, b.strides);
}

function choose(
  a: View,
  b: View,
  walkKey: string,
  plus: Plus,
  M: number,
  K: number,
  N: number,
  batches: number,
): readonly [Kernel, groups: number] {
  const across = (size: number): number => Math.ceil(M / size) * Math.ceil(N / size);
  if (M * N * batches < FEW && K > LONG) return [dotsKernel(walkKey, plus), M * N];
  const [aAlongK, bAlongK] = [runsAlongK(a, 1), runsAlongK(b, 0)];
  if (M >= TILE && N >= TILE && K >= 16 && across(TILE) * batches >= MANY_TILES)
    return [tilesKernel(walkKey, plus, aAlongK, bAlongK), across(TILE)];
  const areVectors = K % 4 === 0 && hasVectors(a, aAlongK ? 1 : 0) && hasVectors(b, bAlongK ? 0 : 1);
  const made = areVectors ? vectorsKernel(walkKey, plus, aAlongK, bAlongK) : blocksKernel(walkKey, plus);
  return [made, Math.ceil(across(BLOCK) / BLOCK_THREADS)];
}

/** Whether neighbours in memory are neighbours along K, which is dimension `inner` of the matrix. */
function runsAlongK({ strides }: View, inner: 0 | 1): boolean {
  const [row, column] = strides.slice(-2) as [number, number];
  return Math.abs(inner === 1 ? column : row) < Math.abs(inner === 1 ? row : column);
}

/** Whether elements lie side by side along a dimension of the matrix, in fours that begin at multiples of four. */
function hasVectors({ offset, shape, strides }: View, dim: 0 | 1): boolean {
  const along = strides.length - 2 + dim;
  const others = strides.filter((_, d) => d !== along && shape[d]! > 1);
  return strides[along] === 1 && shape[along]! % 4 === 0 && [offset, ...others].every((n) => n % 4 === 0);
}
