/** The pool that buffers come from and go back to: size buckets, a cap on what lies idle, and statistics. */

/** What a device's pool holds. Buffers below 4 KiB do not come from the pool and are not counted. */
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

export class BucketPool<Block> {
  readonly #make: (bytes: number) => Block;
  readonly #cap: number;
  /** Idle blocks by bucket; a bucket moves to the end when it is used, so the first ones are the longest unused. */
  readonly #idle = new Map<number, Block[]>();
  #bytesInUse = 0;
  #bytesIdle = 0;
  #blocksInUse = 0;
  #hits = 0;
  #misses = 0;

  /** `cap`: idle bytes beyond which the longest unused blocks are dropped. */
  constructor(make: (bytes: number) => Block, cap: number) {
    this.#make = make;
    this.#cap = cap;
  }

  take(bytes: number): Block {
    const bucket = bucketBytes(bytes);
    this.#bytesInUse += bucket;
    this.#blocksInUse++;
    const block = this.#idle.get(bucket)?.pop();
    if (block === undefined) {
      this.#misses++;
      return this.#make(bucket);
    }
    this.#hits++;
    this.#bytesIdle -= bucket;
    return block;
  }

  give(block: Block, bytes: number): void {
    this.forget(bytes);
    const bucket = bucketBytes(bytes);
    const blocks = this.#idle.get(bucket) ?? [];
    blocks.push(block);
    this.#idle.delete(bucket);
    this.#idle.set(bucket, blocks);
    this.#bytesIdle += bucket;
    for (const [size, unused] of this.#idle) {
      while (this.#bytesIdle > this.#cap && unused.length > 0) {
        unused.pop();
        this.#bytesIdle -= size;
      }
      if (this.#bytesIdle <= this.#cap) break;
    }
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
