/** Notes that kernels leave for the host: which check found an index outside, where, and what it was. */

import type { Gpu } from './gpu.ts';
import type { WebGpuBuffer } from './memory.ts';

/** Words of a note: the check's id (0: nothing was found), the position, the value. */
const WORDS = 3;
export const NOTE_BYTES: number = 4 * WORDS;

type ErrorAt = (position: number, value: number) => Error;

export class Notes {
  readonly #gpu: Gpu;
  #note: WebGpuBuffer | undefined;
  /** What to say for the checks whose outcome is not known yet, by their ids. */
  readonly #checks = new Map<number, ErrorAt>();
  #id = 0;
  /** Errors that were thrown so far. */
  reported = 0;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** A check begins: the buffer for its note, and its id. */
  add(errorAt: ErrorAt): { readonly note: WebGpuBuffer; readonly id: number } {
    this.#note ??= this.#empty(this.#gpu.allocate(WORDS));
    this.#checks.set(++this.#id, errorAt);
    return { note: this.#note, id: this.#id };
  }

  /** The buffer to read along with what is awaited; undefined where nothing was checked. */
  get pending(): { readonly note: WebGpuBuffer; readonly upTo: number } | undefined {
    return this.#checks.size > 0 ? { note: this.#note!, upTo: this.#id } : undefined;
  }

  /** Looks at a note that was read. Throws: the error of the check that left it. */
  look(words: Uint32Array, upTo: number): void {
    const [id, position, value] = words as unknown as [number, number, number];
    const errorAt = this.#checks.get(id);
    for (const known of this.#checks.keys()) if (known <= upTo) this.#checks.delete(known);
    if (!errorAt) return; // none was outside, or an await that began earlier has reported it
    this.#empty(this.#note!);
    this.reported++;
    throw errorAt(position, value | 0);
  }

  #empty(note: WebGpuBuffer): WebGpuBuffer {
    this.#gpu.write(new Int32Array(WORDS), note);
    return note;
  }
}
