/**
 * Memory of the webgpu device: one GPUBuffer a storage, from a pool of size buckets.
 *
 * A tensor that nobody gives back is found by the engine's collector only, which does not feel the GPU's memory. So its
 * handle holds ballast: an ArrayBuffer of the same size that nobody touches, which costs address space and no memory.
 */

import type { DType, TypedArray } from '../../dtype.ts';
import { MemoryError } from '../../errors.ts';
import type { Buffer } from '../device.ts';
import { BucketPool, bucketBytes, outOfMemory, type PoolStats } from '../pool.ts';
import type { Faults } from './faults.ts';
import { BufferUsage } from './usage.ts';

/** Every element takes a word: a bool is a u32, 0 or 1, so that two threads never write into one word. */
export const WORD_BYTES = 4;
/** Idle bytes beyond which the buffers that were unused for longest are destroyed. */
const IDLE_CAP = 1024 * 2 ** 20;
/** Where memory goes that nobody seems to use. */
const ADVICE =
  'Compute in noGrad() what needs no gradient, detach() what is kept, and await now and then, so that the engine can collect what is abandoned';
/** Kinds of tensors that a message about memory lists. */
const MOST_KINDS = 5;
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
  /** The kernel that used it first since it was taken: it names a tensor. */
  madeFor: string | undefined;
  /** Grows with each block that is taken; undefined while it is idle. */
  takenAs: number | undefined;
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
  /** Those that there are, used or idle. */
  readonly #blocks = new Set<Block>();
  #made = 0;
  #taken = 0;
  #cap = Infinity;

  /** `destroy` is called for a block that is dropped: at once, or when no pending work uses it any more. */
  constructor(device: GPUDevice, faults: Faults, destroy: (block: Block) => void) {
    this.#device = device;
    this.#faults = faults;
    const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
    this.largest = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    this.#pool = new BucketPool(
      (bytes) => this.#make(bytes),
      IDLE_CAP,
      (block) => {
        this.#blocks.delete(block);
        destroy(block);
      },
    );
    this.#collected = new FinalizationRegistry(({ block, bytes }) => this.#give(block, bytes));
  }

  /** Throws: MemoryError where one buffer cannot be as large, and at the cap. */
  allocate(length: number): WebGpuBuffer {
    const bytes = length * WORD_BYTES;
    if (bytes > this.largest) {
      throw new MemoryError(
        `webgpu: a tensor of ${show(bytes)} is too large for this adapter, whose buffers hold ${show(this.largest)} at most: split it`,
      );
    }
    this.#makeRoom(bytes);
    const buffer = new WebGpuBuffer(bytes, this.#pool.take(bytes));
    buffer.block.takenAs = this.#taken++;
    buffer.block.madeFor = undefined;
    this.#collected.register(buffer, { block: buffer.block, bytes }, buffer);
    return buffer;
  }

  release(buffer: Buffer): void {
    const { block, bytes, ballast } = buffer as WebGpuBuffer;
    this.#collected.unregister(buffer);
    block.ballast = ballast;
    this.#give(block, bytes);
  }

  /** How many bytes there may be, used or idle. */
  capAt(bytes: number): void {
    this.#cap = bytes;
  }

  stats(): PoolStats {
    return this.#pool.stats();
  }

  #make(bucket: number): Block {
    const size = Math.min(bucket, Math.floor(this.largest / WORD_BYTES) * WORD_BYTES);
    const usage = BufferUsage.STORAGE | BufferUsage.COPY_SRC | BufferUsage.COPY_DST;
    const { bytesInUse } = this.#pool;
    const gpu = this.#faults.watch(
      'out-of-memory',
      () =>
        `${block.madeFor ?? 'new'}: a tensor of ${show(size)} does not fit beside ${show(bytesInUse)} of others${this.#oldest(block)}`,
      () => this.#device.createBuffer({ size, usage }),
      () => {
        block.failed = true;
        this.#pool.trim(0);
      },
    );
    const block: Block = {
      gpu,
      home: this,
      id: this.#made++,
      batch: -1,
      madeFor: undefined,
      takenAs: undefined,
      failed: false,
      ballast: ballastOf(size),
    };
    this.#blocks.add(block);
    return block;
  }

  #give(block: Block, bytes: number): void {
    block.takenAs = undefined;
    if (block.failed) {
      this.#blocks.delete(block);
      this.#pool.forget(bytes);
    } else this.#pool.give(block, bytes);
  }

  /** Drops what lies idle where the cap asks for it. */
  #makeRoom(bytes: number): void {
    const { bytesIdle, bytesInUse } = this.#pool;
    const bucket = bucketBytes(bytes);
    if (bytesInUse + bytesIdle + bucket <= this.#cap) return;
    if (bytesInUse + bucket > this.#cap) {
      const { message } = outOfMemory('webgpu', bytes, this.stats(), this.#cap);
      throw new MemoryError(`${message} (setMemoryCap)${this.#oldest()}. ${ADVICE}`);
    }
    this.#pool.trim(this.#cap - bytesInUse - bucket);
  }

  /** What has been there for longest, by the kernels that used it first: `, the oldest: 3 of matmul (12 KiB)`. */
  #oldest(except?: Block): string {
    const used = [...this.#blocks].filter((block) => block.takenAs !== undefined && block !== except);
    if (used.length === 0) return '';
    const kinds = new Map<string, { count: number; bytes: number }>();
    for (const { madeFor = 'no kernel yet', gpu } of used.sort((a, b) => a.takenAs! - b.takenAs!)) {
      const { count, bytes } = kinds.get(madeFor) ?? { count: 0, bytes: 0 };
      kinds.set(madeFor, { count: count + 1, bytes: bytes + gpu.size });
    }
    const oldest = [...kinds]
      .slice(0, MOST_KINDS)
      .map(([name, { count, bytes }]) => `${count} of ${name} (${show(bytes)})`);
    return `, the oldest: ${oldest.join(', ')}`;
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
