/** The positions that sort a line. */

import { sizeOf } from '../../shape.ts';
import type { View } from '../device.ts';
import { arrayOf } from './buffer.ts';

/** Equals keep their order (a typed array's sort is stable), NaN is the largest. */
export function argsort(input: View, descending: boolean, output: View): void {
  const [x, y] = [arrayOf(input), arrayOf(output)];
  const size = input.shape.at(-1) ?? 1;
  const sign = descending ? -1 : 1;
  for (let line = 0; line < sizeOf(input.shape); line += size) {
    const at = input.offset + line;
    const positions = y.subarray(output.offset + line, output.offset + line + size).map((_, k) => k);
    y.set(
      positions.sort((i, j) => sign * compare(x[at + i]!, x[at + j]!)),
      output.offset + line,
    );
  }
}

function compare(a: number, b: number): number {
  if (a < b || a > b) return a < b ? -1 : 1;
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}
