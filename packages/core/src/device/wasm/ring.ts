/**
 * Where small tensors lie: a ring of lines, in which a hand goes round. A new tensor gets the lines before the hand, and
 * who lies there moves out, but for what the running operation uses. So small tensors that nobody gives back take no
 * memory of the pool, and one costs a few loads and stores.
 */

import { type Block, copyOut } from './block.ts';

/** Bytes of all lines: so few that they stay in the cache, and that what is abandoned is still young when it moves out. */
export const RING: number = 64 * 1024;
const LINE = 64;
const LINES = RING / LINE;

export class Ring {
  readonly #start: number;
  /** By the first of a block's lines. */
  readonly #tenants: (Block | undefined)[] = new Array(LINES).fill(undefined);
  /** The line at which the next block begins. */
  #hand = 0;

  /** `start`: address of `RING` bytes. */
  constructor(start: number) {
    this.#start = start;
  }

  /** Gives a block an address; false where what the operation uses leaves no room for it. Throws: MemoryError. */
  take(block: Block): boolean {
    const lines = linesOf(block);
    for (let first = this.#hand, passed = 0; passed <= LINES; ) {
      if (first + lines > LINES) {
        passed += LINES - first;
        first = 0;
      }
      const taken = this.#clear(first, lines, block.used);
      if (taken === first) {
        this.#tenants[first] = block;
        this.#hand = first + lines;
        block.address = this.#start + first * LINE;
        return true;
      }
      passed += taken - first;
      first = taken;
    }
    return false;
  }

  /** Moves out who lies in some lines; where one must stay, what follows it, or else the first line. */
  #clear(first: number, lines: number, operation: number): number {
    for (let line = first; line < first + lines; line++) {
      const tenant = this.#tenants[line];
      if (!tenant) continue;
      if (tenant.used === operation) return line + linesOf(tenant);
      copyOut(tenant);
      this.#tenants[line] = undefined;
    }
    return first;
  }

  give(block: Block): void {
    const first = (block.address - this.#start) / LINE;
    this.#tenants[first] = undefined;
    if (first + linesOf(block) === this.#hand) this.#hand = first; // the next one finds it in the cache
  }
}

function linesOf({ bytes }: Block): number {
  return Math.max(1, Math.ceil(bytes / LINE));
}
