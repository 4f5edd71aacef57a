/**
 * Memory of the webgpu device: one GPUBuffer a storage, from a pool of size buckets.
 *
 * A tensor that nobody gives back is found by the engine's collector only, which does not feel the GPU's memory. So its
 * handle holds ballast: an ArrayBuffer of the same size that nobody touches, which costs address space and no memory.
 */

import type { DType, TypedArray } from '../../dtype.ts';
import { MemoryError } from '../../errors.ts';
import type { Buffer } from '../device.ts';
import { BucketPool, type PoolStats } from '../pool.ts';
import type { Faults } from './faults.ts';
import { BufferUsage } from './usage.ts';

/** Every element takes a word: a bool is a u32, 0 or 1, so that two threads never write into one word. */
export const WORD_BYTES = 4;
/** Idle bytes beyond which the buffers that were unused for longest are destroyed. */
const IDLE_CAP = 1024 * 2 ** 20;
/** Least ballast: a small buffer takes so much beside its bytes. */
const LEAST_BALLAST = 16384;

/** A GPUBuffer of the pool. */
export interface Block {
  readonly gpu: GPUBuffer;
  readonly home: Memory;
  /** Names it in the cache of bind groups. */
  readonly id: number;
  /** The last batch of work that uses it. */
  batch: number;
  /** The kernel that used it first: it names a tensor that does not fit. */
  madeFor: string | undefined;
  /** The GPU had no memory for it. */
  failed: boolean;
  /** Waits here while the block is idle, and at its handle while that is used. */
  ballast: ArrayBuffer | undefined;
}

export class WebGpuBuffer implements Buffer {
  readonly bytes: number;
  readonly block: Block;
  readonly ballast: ArrayBuffer | undefined;
  /** What the host wrote, where no kernel has written since: indices are checked here. */
  host: TypedArray | undefined = undefined;
  /** The check of indices that it has passed, or that is on its way, since it was written last. */
  checked: string | undefined = undefined;

  constructor(bytes: number, block: Block) {
    this.bytes = bytes;
    this.block = block;
    this.ballast = block.ballast;
    block.ballast = undefined;
  }
}

export class Memory {
  readonly #device: GPUDevice;
  readonly #faults: Faults;
  readonly #pool: BucketPool<Block>;
  /** Gives back what the engine collected. */
  readonly #collected: FinalizationRegistry<{ readonly block: Block; readonly bytes: number }>;
  /** Bytes of the largest buffer that a kernel can be bound to. */
  readonly largest: number;
  #blocks = 0;

  /** `destroy` is called for a block that is dropped: at once, or when no pending work uses it any more. */
  constructor(device: GPUDevice, faults: Faults, destroy: (block: Block) => void) {
    this.#device = device;
    this.#faults = faults;
    const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
    this.largest = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    this.#pool = new BucketPool((bytes) => this.#make(bytes), IDLE_CAP, destroy);
    this.#collected = new FinalizationRegistry(({ block, bytes }) => this.#give(block, bytes));
  }

  /** Throws: MemoryError where one buffer cannot be as large. */
  allocate(length: number): WebGpuBuffer {
    const bytes = length * WORD_BYTES;
    if (bytes > this.largest) {
      throw new MemoryError(
        `webgpu: a tensor of ${show(bytes)} is too large for this adapter, whose buffers hold ${show(this.largest)} at most: split it`,
      );
    }
    const buffer = new WebGpuBuffer(bytes, this.#pool.take(bytes));
    this.#collected.register(buffer, { block: buffer.block, bytes }, buffer);
    return buffer;
  }

  release(buffer: Buffer): void {
    const { block, bytes, ballast } = buffer as WebGpuBuffer;
    this.#collected.unregister(buffer);
    block.ballast = ballast;
    this.#give(block, bytes);
  }

  stats(): PoolStats {
    return this.#pool.stats();
  }

  #make(bucket: number): Block {
    const size = Math.min(bucket, Math.floor(this.largest / WORD_BYTES) * WORD_BYTES);
    const usage = BufferUsage.STORAGE | BufferUsage.COPY_SRC | BufferUsage.COPY_DST;
    const { bytesInUse } = this.#pool.stats();
    const gpu = this.#faults.watch(
      'out-of-memory',
      () => `${block.madeFor ?? 'new'}: a tensor of ${show(size)} does not fit beside ${show(bytesInUse)} of others`,
      () => this.#device.createBuffer({ size, usage }),
      () => {
        block.failed = true;
        this.#pool.trim(0);
      },
    );
    const block: Block = {
      gpu,
      home: this,
      id: this.#blocks++,
      batch: -1,
      madeFor: undefined,
      failed: false,
      ballast: ballastOf(size),
    };
    return block;
  }

  #give(block: Block, bytes: number): void {
    if (block.failed) this.#pool.forget(bytes);
    else this.#pool.give(block, bytes);
  }
}

function ballastOf(bytes: number): ArrayBuffer | undefined {
  try {
    return new ArrayBuffer(Math.max(bytes, LEAST_BALLAST));
  } catch {
    return undefined; // more than one ArrayBuffer can hold: so large a tensor is rarely forgotten
  }
}

/** The words of host data as the device stores them. */
export function toWords(data: TypedArray): Float32Array | Int32Array | Uint32Array {
  return data instanceof Uint8Array ? Uint32Array.from(data) : (data as Float32Array | Int32Array);
}

/** The other way round. */
export function fromWords(bytes: ArrayBuffer, dtype: DType): TypedArray {
  if (dtype === 'bool') return Uint8Array.from(new Uint32Array(bytes));
  return dtype === 'i32' ? new Int32Array(bytes) : new Float32Array(bytes);
}

export function show(bytes: number): string {
  return bytes < 2 ** 20 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
