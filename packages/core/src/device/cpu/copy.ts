/** Copies between layouts and dtypes, and looks for indices out of range. */

import { arrayTypes } from '../../dtype.ts';
import { isContiguous, sizeOf } from '../../shape.ts';
import type { View } from '../device.ts';
import type { FindOutside } from '../find-outside.ts';
import { arrayOf } from './buffer.ts';
import { load, runsOf, store } from './walk.ts';

const STRIP = 1024;

export function copy(input: View, output: View): void {
  const total = sizeOf(output.shape);
  if (total === 0) return;
  const plain =
    input.dtype === output.dtype &&
    isContiguous(input.shape, input.strides) &&
    isContiguous(output.shape, output.strides);
  if (plain) {
    arrayOf(output).set(arrayOf(input).subarray(input.offset, input.offset + total), output.offset);
    return;
  }
  const [from, to] = [runsOf(input), runsOf(output)];
  const strip = new arrayTypes[input.dtype](Math.min(STRIP, total));
  const toBool = output.dtype === 'bool' && input.dtype !== 'bool';
  const answers = toBool ? new Uint8Array(strip.length) : undefined;
  for (let start = 0; start < total; start += STRIP) {
    const n = Math.min(STRIP, total - start);
    load(strip, from, start, n);
    if (answers) for (let i = 0; i < n; i++) answers[i] = strip[i] !== 0 ? 1 : 0;
    store(answers ?? strip, to, start, n);
  }
}

export const findOutside: FindOutside = (indices, low, high) => {
  const total = sizeOf(indices.shape);
  const runs = runsOf(indices);
  const strip = new Int32Array(Math.min(STRIP, total));
  for (let start = 0; start < total; start += STRIP) {
    const n = Math.min(STRIP, total - start);
    load(strip, runs, start, n);
    for (let i = 0; i < n; i++)
      if (strip[i]! < low || strip[i]! >= high) return { position: start + i, value: strip[i]! };
  }
  return undefined;
};
