/** A tensor's bytes: in the linear memory, or moved out of it. */

import { MemoryError } from '../../errors.ts';
import { show, views } from './linear-memory.ts';

/** What the memory knows of them. */
export interface Block {
  readonly bytes: number;
  /** Where they begin, when they are in the memory. */
  address: number;
  /** The operation that used them last. */
  used: number;
  /** Which of the pool's residents it is; -1 in the ring. */
  place: number;
  /** The bytes themselves, when they are not in the memory. */
  out: Uint8Array<ArrayBuffer> | undefined;
}

/** Throws: MemoryError. */
export function copyOut(block: Block): void {
  try {
    block.out = views().u8.slice(block.address, block.address + block.bytes) as Uint8Array<ArrayBuffer>;
  } catch (error) {
    throw new MemoryError(`wasm: no memory to move a tensor of ${show(block.bytes)} to: ${String(error)}`);
  }
}

export function copyIn(block: Block): void {
  views().u8.set(block.out!, block.address);
  block.out = undefined;
}
