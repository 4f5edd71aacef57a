/** Memory of the cpu device: typed arrays, the larger ones on pooled ArrayBuffers. */

import { arrayTypes, type DType, elementBytes, type TypedArray } from '../../dtype.ts';
import type { Buffer, View } from '../device.ts';
import { BucketPool, outOfMemory, type PoolStats, SMALLEST_POOLED } from '../pool.ts';

export interface CpuBuffer extends Buffer {
  readonly array: TypedArray;
}

const IDLE_CAP = 512 * 2 ** 20;
const pool = new BucketPool(makeBlock, IDLE_CAP);

/** The engine collects abandoned buffers by itself; this only keeps the statistics true. */
const abandoned = new FinalizationRegistry<number>((bytes) => pool.forget(bytes));

/** Throws: MemoryError. */
export function allocate(dtype: DType, length: number): CpuBuffer {
  const bytes = length * elementBytes(dtype);
  if (bytes < SMALLEST_POOLED) return { bytes, array: new arrayTypes[dtype](length) };
  const buffer = { bytes, array: new arrayTypes[dtype](pool.take(bytes), 0, length) };
  abandoned.register(buffer, bytes, buffer);
  return buffer;
}

export function release(buffer: Buffer): void {
  const { bytes, array } = buffer as CpuBuffer;
  if (bytes < SMALLEST_POOLED) return;
  abandoned.unregister(buffer);
  pool.give(array.buffer as ArrayBuffer, bytes);
}

function makeBlock(bytes: number, asked: number): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes);
  } catch {
    throw outOfMemory('cpu', asked, pool.stats());
  }
}

/** The elements behind a view (of the whole buffer: offset and strides still apply). */
export function arrayOf(view: View): TypedArray {
  return (view.buffer as CpuBuffer).array;
}

export function memoryStats(): PoolStats {
  return pool.stats();
}
