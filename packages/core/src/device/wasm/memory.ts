/**
 * The linear memory of the wasm device, and the blocks in it.
 *
 * Addresses are byte offsets; those above 2 GiB are negative as i32, hence `>>> 0`. After growth old typed arrays go
 * stale without a sign, so all access goes through `views()`.
 */

import { type DType, elementBytes, type TypedArray } from '../../dtype.ts';
import type { Buffer, View } from '../device.ts';
import { BucketPool, type PoolStats } from '../pool.ts';

const PAGE = 65_536;
/** The first page holds the control block: what is being run, and its arguments. */
const FIRST_BLOCK = PAGE;
const MAXIMUM_PAGES = 65_536;

export interface WasmBuffer extends Buffer {
  readonly address: number;
}

interface Views {
  readonly buffer: ArrayBufferLike;
  readonly f32: Float32Array;
  readonly i32: Int32Array;
  readonly u8: Uint8Array;
}

let memory: WebAssembly.Memory | undefined;
let current: Views | undefined;
let top = FIRST_BLOCK;
const pool = new BucketPool<number>(reserve, Infinity);

/** The memory, made on first use: importing the package allocates nothing. */
export function linearMemory(): WebAssembly.Memory {
  memory ??= new WebAssembly.Memory({ initial: 16, maximum: MAXIMUM_PAGES });
  return memory;
}

export function memoryLimits(): { initialPages: number; maximumPages: number; shared: boolean } {
  return { initialPages: 1, maximumPages: MAXIMUM_PAGES, shared: false };
}

/** Typed arrays over the whole memory, as it is now. Do not hold on to them. */
export function views(): Views {
  const { buffer } = linearMemory();
  if (!current || current.buffer !== buffer) {
    current = { buffer, f32: new Float32Array(buffer), i32: new Int32Array(buffer), u8: new Uint8Array(buffer) };
  }
  return current;
}

export function allocate(dtype: DType, length: number): WasmBuffer {
  const bytes = length * elementBytes(dtype);
  return { bytes, address: pool.take(bytes) };
}

export function release(buffer: Buffer): void {
  const { address, bytes } = buffer as WasmBuffer;
  pool.give(address, bytes);
}

/** The byte address of a view's first element. */
export function addressOf(view: View): number {
  return (view.buffer as WasmBuffer).address + view.offset * elementBytes(view.dtype);
}

/** The elements of a buffer, as a typed array that lives until the memory grows. */
export function arrayOf(buffer: Buffer, dtype: DType, offset: number, length: number): TypedArray {
  const { f32, i32, u8 } = views();
  const start = (buffer as WasmBuffer).address / elementBytes(dtype) + offset;
  return (dtype === 'bool' ? u8 : dtype === 'i32' ? i32 : f32).subarray(start, start + length);
}

export function memoryStats(): PoolStats {
  return pool.stats();
}

/** New memory at the top; blocks are aligned to cache lines. */
function reserve(bytes: number): number {
  const address = top;
  top += Math.ceil(bytes / 64) * 64;
  const missing = top - linearMemory().buffer.byteLength;
  if (missing > 0) linearMemory().grow(Math.ceil(missing / PAGE));
  return address;
}
