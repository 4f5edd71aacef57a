/** WGSL that combines a value of each thread of a workgroup. */

import { THREADS } from './kernel.ts';

/** Declares the memory that `across` uses. */
export const PARTIAL: string = `var<workgroup> partial: array<f32, ${THREADS}>;`;

/**
 * Puts the combination of all threads' f32 variables `name` into each of them, their sum if nothing else is said: one half
 * of the threads takes over from the other, until the first has all.
 */
export const across = (name: string, combine = (a: string, b: string): string => `${a} + ${b}`): string =>
  `partial[thread] = ${name};
  for (var half = ${THREADS / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) { partial[thread] = ${combine('partial[thread]', 'partial[thread + half]')}; }
  }
  workgroupBarrier();
  ${name} = partial[0];
  workgroupBarrier();`;
