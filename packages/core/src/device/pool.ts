/** The pool that buffers come from and go back to: size buckets, a cap on what lies idle, and statistics. */

import { MemoryError } from '../errors.ts';

/** What a device's pool holds. Tensors below 4 KiB do not come from the pool and are not counted. */
export interface PoolStats {
  /** Bytes of blocks that were taken and neither given back nor collected by the engine. */
  readonly bytesInUse: number;
  /** Bytes of blocks that wait for the next taker. */
  readonly bytesIdle: number;
  /** How many blocks `bytesInUse` counts. */
  readonly blocksInUse: number;
  /** How often a buffer was made of an idle block. */
  readonly hits: number;
  /** How often a new block had to be made. */
  readonly misses: number;
  /** wasm: how often an idle tensor was moved out of the pool, and how often it was used again and moved back. */
  readonly evictions?: number;
  readonly loads?: number;
}

/** Blocks below this size are not worth pooling. */
export const SMALLEST_POOLED = 4096;

/**
 * Rounds up to a bucket: four sizes an octave, so at most a fifth of a block is wasted (powers of two waste up to
 * half).
 */
export function bucketBytes(bytes: number): number {
  if (bytes <= SMALLEST_POOLED) return SMALLEST_POOLED;
  const step = 2 ** (Math.floor(Math.log2(bytes)) - 2);
  return Math.ceil(bytes / step) * step;
}

/**
 * The idle blocks of a bucket, and when one was given last. (Not told by the order in a Map: deleting and setting again
 * makes V8 build new tables, each of which the one before it keeps alive.)
 */
interface Idle<Block> {
  readonly bucket: number;
  readonly blocks: Block[];
  used: number;
}

export class BucketPool<Block> {
  readonly #make: (bytes: number, asked: number) => Block;
  readonly #cap: number;
  readonly #drop: ((block: Block, bytes: number) => void) | undefined;
  readonly #idle = new Map<number, Idle<Block>>();
  #given = 0;
  #bytesInUse = 0;
  #bytesIdle = 0;
  #blocksInUse = 0;
  #hits = 0;
  #misses = 0;

  /**
   * `make` makes a block, of some more bytes than were asked for. `cap`: idle bytes beyond which the longest unused blocks
   * are dropped. `drop` takes back a block of so many bytes that is dropped; without it the engine collects it.
   */
  constructor(
    make: (bytes: number, asked: number) => Block,
    cap: number,
    drop?: (block: Block, bytes: number) => void,
  ) {
    this.#make = make;
    this.#cap = cap;
    this.#drop = drop;
  }

  take(bytes: number): Block {
    const bucket = bucketBytes(bytes);
    let block = this.#idle.get(bucket)?.blocks.pop();
    if (block !== undefined) {
      this.#hits++;
      this.#bytesIdle -= bucket;
    } else {
      block = this.#make(bucket, bytes); // may throw: nothing is counted before
      this.#misses++;
    }
    this.#bytesInUse += bucket;
    this.#blocksInUse++;
    return block;
  }

  give(block: Block, bytes: number): void {
    this.forget(bytes);
    const bucket = bucketBytes(bytes);
    let idle = this.#idle.get(bucket);
    if (!idle) this.#idle.set(bucket, (idle = { bucket, blocks: [], used: 0 }));
    idle.blocks.push(block);
    idle.used = this.#given++;
    this.#bytesIdle += bucket;
    if (this.#bytesIdle > this.#cap) this.trim(this.#cap);
  }

  /** Drops the longest unused blocks until at most `cap` bytes lie idle. */
  trim(cap: number): void {
    for (const { bucket, blocks } of [...this.#idle.values()].sort((a, b) => a.used - b.used)) {
      while (this.#bytesIdle > cap && blocks.length > 0) {
        const block = blocks.pop()!;
        this.#bytesIdle -= bucket;
        this.#drop?.(block, bucket);
      }
    }
  }

  get bytesIdle(): number {
    return this.#bytesIdle;
  }

  get bytesInUse(): number {
    return this.#bytesInUse;
  }

  /** Counts out a block that will never come back, because the engine collected it. */
  forget(bytes: number): void {
    this.#bytesInUse -= bucketBytes(bytes);
    this.#blocksInUse--;
  }

  stats(): PoolStats {
    return {
      bytesInUse: this.#bytesInUse,
      bytesIdle: this.#bytesIdle,
      blocksInUse: this.#blocksInUse,
      hits: this.#hits,
      misses: this.#misses,
    };
  }
}

/** `most`: bytes that there can be, where that is known. */
export function outOfMemory(device: string, bytes: number, stats: PoolStats, most?: number): MemoryError {
  const limit = most === undefined ? '' : `, of ${showBytes(most)} at most`;
  return new MemoryError(
    `${device}: no memory for a tensor of ${showBytes(bytes)}: ${showBytes(stats.bytesInUse)} are in use by ${stats.blocksInUse} others${limit}`,
  );
}

/** 1.5 GiB, 20 MiB, 512 bytes. */
export function showBytes(bytes: number): string {
  const [unit, name] = bytes >= 2 ** 30 ? [2 ** 30, 'GiB'] : bytes >= 2 ** 20 ? [2 ** 20, 'MiB'] : [1, 'bytes'];
  return `${Number((bytes / unit).toPrecision(3))} ${name}`;
}
