/**
 * The one linear memory of the wasm device: shared between threads where that is possible.
 *
 * Addresses are byte offsets; those above 2 GiB are negative as i32, hence `>>> 0`. After growth old typed arrays go
 * stale without a sign, so all access goes through `views()`.
 */

import { MemoryError } from '../../errors.ts';
import { showBytes } from '../pool.ts';
import type { MemoryLimits } from './assembler.ts';
import { PAGE } from './control.ts';
import { features } from './features.ts';
import { machineMemory } from './host.ts';

interface Views {
  readonly f32: Float32Array;
  readonly i32: Int32Array;
  readonly u8: Uint8Array;
}

/** Pages to ask for: an engine may refuse to set aside 4 GiB of addresses. */
const MAXIMA = [65_536, 32_768, 16_384];
/** Growing changes the views, so it is done in steps of at least so many pages. Untouched pages cost nothing. */
const STEP = 256;

interface Linear {
  readonly memory: WebAssembly.Memory;
  readonly limits: MemoryLimits;
  /** Bytes that it can have, and the machine has. */
  readonly largest: number;
}

let linear: Linear | undefined;
let current: Views | undefined;

/** Made on first use: importing the package allocates nothing. */
function made(): Linear {
  linear ??= make();
  return linear;
}

function make(): Linear {
  const { sharedMemory: shared } = features();
  for (const maximum of MAXIMA) {
    try {
      const memory = new WebAssembly.Memory({ initial: STEP, maximum, shared });
      const limits = { initialPages: 1, maximumPages: maximum, shared };
      return { memory, limits, largest: Math.min(maximum * PAGE, machineMemory()) };
    } catch {} // the next one is smaller
  }
  throw new MemoryError(`wasm: the engine refuses a memory of ${showBytes(MAXIMA.at(-1)! * PAGE)}`);
}

export function linearMemory(): WebAssembly.Memory {
  return made().memory;
}

/** What modules declare of the memory that they import. */
export function memoryLimits(): MemoryLimits {
  return made().limits;
}

export function largestMemory(): number {
  return made().largest;
}

/** Typed arrays over the whole memory, as it is now. Do not hold on to them. */
export function views(): Views {
  if (!current) {
    const { buffer } = linearMemory();
    current = { f32: new Float32Array(buffer), i32: new Int32Array(buffer), u8: new Uint8Array(buffer) };
  }
  return current;
}

/** Makes the memory reach up to an address. False where the engine has no more. */
export function growTo(end: number): boolean {
  const { memory, limits } = made();
  const pages = views().u8.length / PAGE;
  const missing = Math.ceil(end / PAGE) - pages;
  if (missing <= 0) return true;
  const step = Math.min(Math.max(missing, STEP), limits.maximumPages - pages);
  try {
    memory.grow(Math.max(missing, step));
  } catch {
    return false;
  }
  current = undefined;
  return true;
}
