/** A tensor's bytes: in the linear memory, or moved out of it. */

import { MemoryError } from '../../errors.ts';
import { showBytes } from '../pool.ts';
import { views } from './linear-memory.ts';

/** What the memory knows of them. */
export interface Block {
  readonly bytes: number;
  /** Where they begin, when they are in the memory. */
  address: number;
  /** The operation that used them last. */
  used: number;
  /** The bytes themselves, when they are not in the memory. */
  out: Uint8Array<ArrayBuffer> | undefined;
  /** Its neighbours among the blocks of the pool, by the time of their last use; undefined in the ring. */
  older: Block | undefined;
  newer: Block | undefined;
}

export function blockOf(bytes: number, operation: number): Block {
  return { bytes, address: 0, used: operation, out: undefined, older: undefined, newer: undefined };
}

/** Throws: MemoryError. */
export function copyOut(block: Block): void {
  try {
    block.out = views().u8.slice(block.address, block.address + block.bytes) as Uint8Array<ArrayBuffer>;
  } catch (error) {
    throw new MemoryError(`wasm: no memory to move a tensor of ${showBytes(block.bytes)} to: ${String(error)}`);
  }
}

export function copyIn(block: Block): void {
  views().u8.set(block.out!, block.address);
  block.out = undefined;
}

/** Blocks in the order of their last use: a list that is closed to a circle by `end`. */
export class Recency {
  readonly #end: Block = blockOf(0, Infinity);

  constructor() {
    this.#end.older = this.#end.newer = this.#end;
  }

  /** The block that was not used for longest. */
  get oldest(): Block | undefined {
    const { newer } = this.#end;
    return newer === this.#end ? undefined : newer;
  }

  /** Puts a block in, as the newest. */
  add(block: Block): void {
    const end = this.#end;
    block.older = end.older;
    block.newer = end;
    end.older!.newer = block;
    end.older = block;
  }

  remove(block: Block): void {
    block.older!.newer = block.newer;
    block.newer!.older = block.older;
    block.older = block.newer = undefined;
  }

  /** Makes a block the newest. */
  touch(block: Block): void {
    if (block === this.#end.older) return;
    this.remove(block);
    this.add(block);
  }
}
