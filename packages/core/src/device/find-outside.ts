/** Index checks on devices that know at once. */

import type { Kernels, View } from './device.ts';

/** The first element outside [low, high), by its row-major position; undefined where all are inside. */
export type FindOutside = (
  indices: View,
  low: number,
  high: number,
) => { readonly position: number; readonly value: number } | undefined;

export const checkAtOnce =
  (find: FindOutside): Kernels['checkIndices'] =>
  (indices, low, high, errorAt) => {
    const outside = find(indices, low, high);
    if (outside) throw errorAt(outside.position, outside.value);
  };
