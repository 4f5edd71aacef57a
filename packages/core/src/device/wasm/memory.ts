/**
 * Blocks of the linear memory, and who lies in them.
 *
 * A tensor that nobody gives back is found by the engine's collector only, and a collector cannot see into the memory. So
 * tensors move: one that was not used for long is copied out, into a typed array that its handle alone references, and
 * the engine collects both once nobody holds the tensor; if it is used again, it is copied back. The pool references a
 * block's record, never the handle, and no longer references the record of a block that moved out. (A WeakRef would not
 * do: creating or reading one keeps its target alive until the job ends, and a synchronous loop is one job.)
 *
 *   handle (WasmBuffer) -> record -> typed array, when moved out
 *                            ^
 *                          pool or ring, while in the memory
 *
 * Those below 4 KiB lie in a ring (`ring.ts`), the others in blocks of the pool.
 */

import { arrayTypes, type DType, elementBytes, type TypedArray } from '../../dtype.ts';
import { contiguousStrides, type Shape, sizeOf } from '../../shape.ts';
import type { Buffer, View } from '../device.ts';
import { BucketPool, outOfMemory, type PoolStats, SMALLEST_POOLED } from '../pool.ts';
import { type Block, blockOf, copyIn, copyOut, Recency } from './block.ts';
import { giveRange, heapEnd, takeRange } from './heap.ts';
import { largestMemory, views } from './linear-memory.ts';
import { RING, Ring } from './ring.ts';

export { views } from './linear-memory.ts';

/** Where the pool begins to move blocks out; what is used again raises it, and so do blocks larger than a quarter of it. */
const FIRST_CAP = 512 * 2 ** 20;
const MOVED_AT_ONCE = 32 * 2 ** 20;
/** Operations without use after which a block moves out; more when one is used after all. */
const FIRST_PATIENCE = 2000;
/**
 * From this size on, blocks of collected tensors come back when the event loop turns. Below it is not worth the time, nor
 * what V8 keeps for each tensor that is watched, until its next full collection.
 */
const SMALLEST_FINALIZED = 8 * 2 ** 20;

export class WasmBuffer implements Buffer {
  readonly block: Block;

  constructor(block: Block) {
    this.block = block;
  }

  get bytes(): number {
    return this.block.bytes;
  }

  /** Valid until the operation ends. */
  get address(): number {
    use(this);
    return this.block.address;
  }
}

const pool = new BucketPool<number>(makeRoom, Infinity, giveRange);
let ring: Ring | undefined;
/** The blocks of the pool that belong to a tensor. */
const resident = new Recency();
const collected = new FinalizationRegistry<Block>((block) => {
  if (!block.out) giveBack(block);
});

let operation = 0;
/** Bytes of the resident blocks. */
let weight = 0;
let cap = FIRST_CAP;
let capIsFixed = false;
let patience = FIRST_PATIENCE;
let evictions = 0;
let loads = 0;

/** Blocks that the operation uses from here on stay where they are until the next one begins. */
export function beginOperation(): void {
  operation++;
}

/** Throws: MemoryError, after everything that is not in use has moved out. */
export function allocate(dtype: DType, length: number): WasmBuffer {
  const bytes = length * elementBytes(dtype);
  const buffer = new WasmBuffer(blockOf(bytes, operation));
  enter(buffer);
  return buffer;
}

/** Memory that nobody gives back, and that does not move. */
export function reserve(bytes: number): number {
  return makeRoom(bytes);
}

export function release(buffer: Buffer): void {
  const { block } = buffer as WasmBuffer;
  if (block.out) block.out = undefined;
  else if (!block.newer) ring!.give(block);
  else {
    if (block.bytes >= SMALLEST_FINALIZED) collected.unregister(block);
    giveBack(block);
  }
}

/** A view of new memory, in row-major order. */
export function allocateView<D extends DType>(
  dtype: D,
  shape: Shape,
): View & { readonly buffer: WasmBuffer; readonly dtype: D } {
  return { buffer: allocate(dtype, sizeOf(shape)), dtype, offset: 0, shape, strides: contiguousStrides(shape) };
}

/** The byte address of a view's first element; valid until the operation ends. */
export function addressOf({ buffer, dtype, offset }: View): number {
  return (buffer as WasmBuffer).address + offset * elementBytes(dtype);
}

/** The elements of a buffer as a typed array, for use at once: it is stale when the memory grows or the tensor moves. */
export function arrayOf(buffer: Buffer, dtype: DType, offset: number, length: number): TypedArray {
  const { block } = buffer as WasmBuffer;
  const size = elementBytes(dtype);
  if (block.out) return new arrayTypes[dtype](block.out.buffer, offset * size, length);
  touch(block);
  const { f32, i32, u8 } = views();
  const start = block.address / size + offset;
  return (dtype === 'bool' ? u8 : dtype === 'i32' ? i32 : f32).subarray(start, start + length);
}

export function memoryStats(): PoolStats {
  return { ...pool.stats(), evictions, loads };
}

/** Beyond the cap, what was not used for longest moves out. Where this is not called, it grows with what is in use. */
export function capMemory(bytes: number): void {
  cap = bytes;
  capIsFixed = true;
}

/** Brings a tensor back that moved out. */
function use(buffer: WasmBuffer): void {
  const { block } = buffer;
  const unusedFor = operation - block.used;
  touch(block);
  if (!block.out) return;
  enter(buffer);
  copyIn(block);
  if (!block.newer) return; // in the ring all but the last ones move out
  loads++;
  // It should have stayed: so will others like it from now on.
  if (!capIsFixed) cap += block.bytes;
  patience = Math.max(patience, 2 * unusedFor);
}

function touch(block: Block): void {
  block.used = operation;
  if (block.newer) resident.touch(block);
}

/** Takes memory for a block, and takes it on. */
function enter(buffer: WasmBuffer): void {
  const { block } = buffer;
  if (block.bytes < SMALLEST_POOLED) {
    ring ??= new Ring(reserve(RING));
    if (ring.take(block)) return;
  }
  moveOutUnused();
  if (!capIsFixed) cap = Math.max(cap, 4 * block.bytes);
  if (weight + block.bytes > cap) moveOutOldest(block.bytes);
  block.address = pool.take(block.bytes);
  resident.add(block);
  weight += block.bytes;
  if (block.bytes >= SMALLEST_FINALIZED) collected.register(buffer, block, block);
}

function giveBack(block: Block): void {
  resident.remove(block);
  weight -= block.bytes;
  pool.give(block.address, block.bytes);
}

/** A free address for the pool: below what was used before if that can be, or else below the cap, or else anywhere. */
function makeRoom(bytes: number, asked: number = bytes): number {
  const most = largestMemory();
  if (bytes > most) throw outOfMemory('wasm', asked, pool.stats(), most);
  let address = takeRange(bytes, heapEnd());
  // What lies idle in other buckets may join to what is asked for: a little of it, then more.
  for (let drop = bytes; address === undefined && pool.bytesIdle > 0; drop *= 2) {
    pool.trim(Math.max(0, pool.bytesIdle - drop));
    address = takeRange(bytes, heapEnd());
  }
  const limit = Math.min(most, cap + cap / 4); // blocks and holes
  address ??= takeRange(bytes, limit);
  while (address === undefined && moveOutOldest(bytes)) {
    pool.trim(0);
    address = takeRange(bytes, limit);
  }
  address ??= takeRange(bytes, most);
  if (address === undefined) throw outOfMemory('wasm', asked, pool.stats(), most);
  return address;
}

/** Some more than asked for, so that it is rare. False where the operation uses all there are. */
function moveOutOldest(bytes: number): boolean {
  const target = Math.max(bytes, Math.min(cap / 8, MOVED_AT_ONCE));
  let freed = 0;
  for (let { oldest } = resident; oldest && oldest.used < operation && freed < target; { oldest } = resident) {
    moveOut(oldest);
    freed += oldest.bytes;
  }
  return freed > 0;
}

function moveOutUnused(): void {
  for (let { oldest } = resident; oldest && oldest.used < operation - patience; { oldest } = resident) moveOut(oldest);
}

function moveOut(block: Block): void {
  copyOut(block);
  if (block.bytes >= SMALLEST_FINALIZED) collected.unregister(block);
  giveBack(block);
  evictions++;
}
