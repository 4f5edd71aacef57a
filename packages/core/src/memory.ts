/**
 * Who owns which memory, and when it goes back to the pool. Nobody frees anything by hand.
 *
 *   what                                         owner                      goes back
 *   recorded by the tape                         its graph (`graph.ts`)     at the next forward pass after `backward()`
 *   temporaries of a backward pass               playback (`backward.ts`)   after their last consumer
 *   made inside of noGrad(fn), scope(fn)         the block (`scope.ts`)     at its end, except what it returns or keeps
 *   everything else: data, detached state...     its JavaScript object      when the engine collects it
 */

import type { Buffer, Device } from './device/device.ts';
import type { DType } from './dtype.ts';
import { ReleasedError } from './errors.ts';
import type { Graph } from './graph.ts';

/** A buffer with its owner and its version. Views, and what `detach()` returns, share one storage. */
export class Storage {
  /** Storages made so far: those with an id of at least an earlier count are younger than it. */
  static count = 0;
  readonly id: number = Storage.count++;
  readonly device: Device;
  readonly dtype: DType;
  readonly length: number;
  /** Grows with each change in place: backward() refuses a storage that changed since the forward pass. */
  version = 0;
  /** The op that made it, for messages. */
  madeBy = '';
  owner: Owner | undefined;
  /** Graphs that recorded a block's storage as an input, and may still need it when the block ends. */
  users: Graph[] | undefined;
  #buffer: Buffer | undefined;

  constructor(device: Device, dtype: DType, length: number) {
    this.device = device;
    this.dtype = dtype;
    this.length = length;
    this.#buffer = device.allocate(dtype, length);
    block?.adopt(this);
  }

  get bytes(): number {
    return this.#buffer?.bytes ?? 0;
  }

  get released(): boolean {
    return this.#buffer === undefined;
  }

  /** Throws: ReleasedError once the memory went back. */
  get buffer(): Buffer {
    if (!this.#buffer) {
      const who = this.madeBy ? `a tensor made by ${this.madeBy}` : 'a tensor';
      throw new ReleasedError(
        `${who} (${this.dtype}, ${this.length} elements) is read after its memory was reused: it ${this.#reason}. ` +
          `Read it earlier, or take keep(x) of a tensor or detach() of a state that must live on.`,
      );
    }
    return this.#buffer;
  }

  /** Exchanges memory with a storage of the same device, dtype and length. */
  exchange(other: Storage): void {
    [this.#buffer, other.#buffer] = [other.buffer, this.buffer];
    this.version++;
    other.version++;
  }

  #reason = '';

  /** Gives the memory back. `reason` completes "is read after its memory was reused: it ...". */
  release(reason: string): void {
    if (!this.#buffer) return;
    this.device.release(this.#buffer);
    this.#buffer = undefined;
    this.#reason = reason;
    this.owner = undefined;
  }
}

/** Someone who gives storages back when their time has come. A storage has one owner at most; the last to adopt it wins. */
export class Owner {
  storages: Storage[] = [];

  adopt(storage: Storage): void {
    storage.owner = this;
    this.storages.push(storage);
  }

  /** Its time is over: hands over what outlives it, leaves to a graph what that will read, and gives back the rest. */
  end(reason: string, outlives: (storage: Storage) => boolean = () => false): void {
    for (const storage of this.storages) {
      if (storage.owner !== this) continue;
      const [user] = openUsers(storage);
      if (outlives(storage)) handOver(storage);
      else user?.root.inherit(storage);
    }
    this.releaseAll(reason);
  }

  /** Gives back what it still owns, unless `spare` says otherwise. */
  releaseAll(reason: string, spare?: (storage: Storage) => boolean): void {
    const mine = this.storages.filter((storage) => storage.owner === this);
    this.storages = [];
    for (const storage of mine) {
      if (spare?.(storage)) this.storages.push(storage);
      else storage.release(reason);
    }
  }
}

/** The innermost open block: it owns what is made now. */
let block: Owner | undefined;

/** Runs `fn` while `owner` owns what is made; undefined leaves new storages to the engine. */
export function withBlock<R>(owner: Owner | undefined, fn: () => R): R {
  const outer = block;
  block = owner;
  try {
    return fn();
  } finally {
    block = outer;
  }
}

/** The open graphs that read it, and may need it for their backward pass. */
export function openUsers(storage: Storage): Graph[] {
  return storage.users?.filter((graph) => !graph.root.closed) ?? [];
}

export function isRecorded(storage: Storage): boolean {
  return openUsers(storage).length > 0;
}

/** Hands a storage over to the innermost open block, or to its JavaScript object where there is none. */
export function handOver(storage: Storage): void {
  if (block) block.adopt(storage);
  else storage.owner = undefined;
}
