/** One GPUDevice and all that belongs to it: what kernel families are written on. */

import type { DType, TypedArray } from '../../dtype.ts';
import { DeviceError } from '../../errors.ts';
import { sizeOf } from '../../shape.ts';
import type { Buffer, View } from '../device.ts';
import { Faults } from './faults.ts';
import { idleUntil } from './idle.ts';
import type { Kernel } from './kernel.ts';
import { type Block, fromWords, Memory, toWords, type WebGpuBuffer, WORD_BYTES } from './memory.ts';
import { NOTE_BYTES, Notes } from './notes.ts';
import { Pipelines } from './pipelines.ts';
import { Queue } from './queue.ts';
import { Readback } from './readback.ts';

/** What the device has done so far. */
export interface Counters {
  readonly dispatches: number;
  readonly submits: number;
  /** Pipelines that were compiled. */
  readonly compilations: number;
  readonly bytesWritten: number;
  readonly bytesRead: number;
  readonly poolHits: number;
  readonly poolMisses: number;
}

/** Indices that the host wrote are remembered, to be checked there: so many of a tensor at most. */
const MOST_ON_HOST = 2 ** 22;

export class Gpu {
  readonly device: GPUDevice;
  readonly faults: Faults;
  readonly memory: Memory;
  readonly #queue: Queue;
  readonly #pipelines: Pipelines;
  readonly #readback: Readback;
  readonly notes: Notes = new Notes(this);
  /** While kernels are compiled ahead: the work that waits for them, and their compilations. */
  #deferred: (() => void)[] | undefined;
  readonly #compiling = new Set<Promise<void>>();
  #replay: Promise<void> | undefined;
  #bytesWritten = 0;
  #bytesRead = 0;

  constructor(device: GPUDevice) {
    this.device = device;
    this.faults = new Faults(device);
    this.#queue = new Queue(device, this.faults);
    this.#pipelines = new Pipelines(device, this.faults, this.#queue.parameters);
    this.#readback = new Readback(device);
    this.memory = new Memory(device, this.faults, (block) => this.#do(() => this.#queue.destroy(block)));
  }

  /** How many buffers a kernel can work on: 8, which every adapter has, or more. Kernels of the house keep to 8. */
  get mostBuffers(): number {
    return this.device.limits.maxStorageBuffersPerShaderStage;
  }

  /** Whether kernels may use subgroup operations. */
  get hasSubgroups(): boolean {
    return this.device.features.has('subgroups');
  }

  /**
   * Runs a kernel: `buffers` in the order of its bindings (reads, then writes), `parameters` in the order of theirs, in
   * `groups` workgroups. Returns at once. A buffer that is both read and written is copied before; one that is written
   * under two names is a mistake of the caller. Throws: DeviceError where the device is lost, or too much waits for it.
   */
  run(kernel: Kernel, buffers: readonly Buffer[], parameters: readonly number[], groups: number): void {
    if (groups === 0) return;
    this.faults.checkAlive();
    const { modes } = kernel;
    if (modes.length > this.mostBuffers) {
      throw new DeviceError(
        `${kernel.name}: it works on ${modes.length} buffers, and a kernel has ${this.mostBuffers} at most on this adapter: split it, or pack tensors side by side`,
      );
    }
    const blocks = buffers.map((buffer) => this.#blockOf(buffer, kernel.name));
    const copies: Buffer[] = [];
    for (let k = 0; k < blocks.length; k++) {
      if (modes[k] === 'r') {
        if (!blocks.some((other, j) => other === blocks[k] && modes[j] === 'w')) continue;
        const copy = this.#copyOf(buffers[k]!);
        copies.push(copy);
        blocks[k] = copy.block;
      } else {
        if (blocks.indexOf(blocks[k]!) !== k) throw new Error(`${kernel.name}: a buffer is written under two names`);
        const written = buffers[k] as WebGpuBuffer;
        written.host = undefined;
        written.checked = undefined;
      }
    }
    if (this.#deferred) {
      const values = [...parameters];
      this.#compiling.add(this.#pipelines.compile(kernel));
      this.#deferred.push(() => this.#dispatch(kernel, blocks, values, groups));
    } else this.#dispatch(kernel, blocks, parameters, groups);
    for (const copy of copies) this.memory.release(copy);
  }

  /** Memory that a kernel needs meanwhile: `release` it after the last `run` that uses it. */
  allocate(length: number): WebGpuBuffer {
    this.faults.checkAlive();
    return this.memory.allocate(length);
  }

  release(buffer: Buffer): void {
    this.memory.release(buffer);
  }

  write(data: TypedArray, buffer: Buffer): void {
    if (data.length === 0) return;
    this.faults.checkAlive();
    const { block } = buffer as WebGpuBuffer;
    const words = toWords(this.#deferred ? data.slice() : data);
    this.#do(() => this.#queue.write(block, words));
    this.#bytesWritten += words.byteLength;
    const isIndices = data instanceof Int32Array && data.length <= MOST_ON_HOST;
    (buffer as WebGpuBuffer).host = isIndices ? data.slice() : undefined;
    (buffer as WebGpuBuffer).checked = undefined;
  }

  /** A snapshot of a contiguous view, taken at the call. */
  async read({ buffer, dtype, offset, shape }: View): Promise<TypedArray> {
    const words = await this.#read((buffer as WebGpuBuffer).block, offset * WORD_BYTES, sizeOf(shape) * WORD_BYTES);
    return fromWords(words, dtype);
  }

  /** Resolves when all work that was asked for is done. Throws: what went wrong in it. */
  async synchronize(): Promise<void> {
    await this.#read(undefined, 0, 0);
    await idleUntil(this.device.queue.onSubmittedWorkDone());
    this.faults.checkAlive();
  }

  /**
   * Runs `fn`, and what it asks for as soon as all kernels that it needs are compiled: at once and beside each other,
   * where a kernel that is met on the way is compiled while everything else waits.
   */
  async warmUp<R>(fn: () => R): Promise<Awaited<R>> {
    this.#deferred ??= [];
    let result: R;
    try {
      result = fn();
    } finally {
      this.#replay ??= this.#runDeferred(); // at once: an async function waits for its own reads
    }
    await this.#replay;
    return await result;
  }

  async #runDeferred(): Promise<void> {
    for (const compiled of this.#compiling) await compiled; // more may come meanwhile
    this.#compiling.clear();
    const work = this.#deferred!;
    this.#deferred = undefined;
    this.#replay = undefined;
    for (const command of work) command();
  }

  #do(command: () => void): void {
    if (this.#deferred) this.#deferred.push(command);
    else command();
  }

  #dispatch(kernel: Kernel, blocks: readonly Block[], parameters: readonly number[], groups: number): void {
    const pipeline = this.#pipelines.of(kernel);
    this.#queue.dispatch(kernel, pipeline, this.#pipelines.groupOf(kernel, blocks), blocks, parameters, groups);
  }

  /** Reads bytes of a block, and the note of index checks with them. */
  async #read(block: Block | undefined, from: number, bytes: number): Promise<ArrayBuffer> {
    this.faults.checkAlive();
    const checks = this.notes.pending;
    const all = bytes + (checks ? NOTE_BYTES : 0);
    const staging = this.#readback.take(all);
    this.#do(() => {
      if (block && bytes > 0) this.#queue.copy(block, from, staging, 0, bytes);
      if (checks) this.#queue.copy(checks.note.block, 0, staging, bytes, NOTE_BYTES);
    });
    while (this.#deferred) await this.#replay;
    this.#queue.submit();
    const { submits } = this.#queue.counts;
    let words: ArrayBuffer;
    try {
      words = await idleUntil(this.#readback.bytesOf(staging, all));
    } catch (error) {
      throw await this.faults.reasonFor('a read', error);
    }
    this.#queue.reached(submits);
    await idleUntil(this.faults.settle());
    if (checks) this.notes.look(new Uint32Array(words, bytes), checks.upTo);
    this.#bytesRead += bytes;
    return checks ? words.slice(0, bytes) : words;
  }

  get counters(): Counters {
    const { hits, misses } = this.memory.stats();
    return {
      ...this.#queue.counts,
      compilations: this.#pipelines.count,
      bytesWritten: this.#bytesWritten,
      bytesRead: this.#bytesRead,
      poolHits: hits,
      poolMisses: misses,
    };
  }

  /** What the adapter is and can. */
  details(): Readonly<Record<string, string | number | boolean>> {
    const { adapterInfo: info } = this.device;
    return {
      adapter: [info.vendor, info.architecture, info.device, info.description].filter(Boolean).join(' '),
      subgroups: this.hasSubgroups,
      largestTensorBytes: this.memory.largest,
      buffersOfAKernel: this.mostBuffers,
    };
  }

  #blockOf(buffer: Buffer, kernel: string): Block {
    const { block } = buffer as Partial<WebGpuBuffer>;
    if (block?.home === this.memory) {
      block.madeFor ??= kernel;
      return block;
    }
    const where = block ? 'another webgpu device, lost or replaced' : 'another device';
    throw new DeviceError(
      `${kernel}: operands are on two devices: webgpu and ${where}; move one with await x.to(device)`,
    );
  }

  #copyOf(buffer: Buffer): WebGpuBuffer {
    const copy = this.memory.allocate(buffer.bytes / WORD_BYTES);
    const { block } = buffer as WebGpuBuffer;
    this.#do(() => {
      this.#queue.copy(block, 0, copy.block.gpu, 0, buffer.bytes);
      copy.block.batch = block.batch;
    });
    return copy;
  }
}

/** The WGSL type of a dtype's elements in memory: a bool is a u32, 0 or 1. */
export function wordOf(dtype: DType): 'f32' | 'i32' | 'u32' {
  return dtype === 'bool' ? 'u32' : dtype === 'i32' ? 'i32' : 'f32';
}
