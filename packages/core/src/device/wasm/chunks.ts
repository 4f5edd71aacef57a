/**
 * One kernel on several threads: its items are cut into chunks, and threads take one after another by counting `left`
 * down. So the main thread never waits for a worker that is asleep, still starting, or gone: what nobody takes it computes
 * itself, and in the end it waits only for chunks that were taken.
 *
 * The main thread takes chunks from the front and workers from the back, so that of two kernels on the same rows a thread
 * gets mostly those that lie in its own cache. On two cores that saves 2-4% of a training step.
 */

import { DeviceError } from '../../errors.ts';
import { WORDS as at, CONTROL } from './control.ts';
import { views } from './linear-memory.ts';
import { controlWords, hasHelp, loseWorkers, threadsWanted, wakeWorkers } from './threads.ts';

/** Runs on items from...to; `args` is the address of its arguments. */
export type KernelFunction = (args: number, from: number, to: number) => void;

/** Chunks a thread, so that one that is slow or late leaves more to the others. */
const CHUNKS_PER_THREAD = 8;
/** Times to look before sleeping. */
const SPINS = 20_000;
/** A chunk that takes longer was taken by a worker that is gone. */
let stalledMs = 60_000;

/** Runs a kernel on items 0...total, in chunks that are multiples of `grain`. */
export function runChunks(kernel: KernelFunction, id: number, total: number, grain: number): void {
  if (total <= grain || !hasHelp(total, grain)) {
    kernel(CONTROL.arguments, 0, total);
    return;
  }
  const control = controlWords();
  const size = grain * Math.ceil(total / (grain * CHUNKS_PER_THREAD * threadsWanted()));
  const chunks = Math.ceil(total / size);
  control[at.kernel] = id;
  control[at.total] = total;
  control[at.chunk] = size;
  Atomics.store(control, at.pending, chunks);
  Atomics.store(control, at.last, chunks);
  Atomics.store(control, at.left, chunks);
  wakeWorkers(control);
  try {
    for (let from = 0; Atomics.sub(control, at.left, 1) > 0; from += size) {
      kernel(CONTROL.arguments, from, Math.min(total, from + size));
      Atomics.sub(control, at.pending, 1);
    }
  } catch (error) {
    const untaken = Math.max(0, Atomics.exchange(control, at.left, 0));
    Atomics.sub(control, at.pending, untaken + 1);
    join(control);
    throw error;
  }
  join(control);
  throwFailure(control);
}

/** Waits for the chunks that workers took. */
function join(control: Int32Array): void {
  let spins = 0;
  let deadline = 0;
  let before = 0;
  for (let pending = Atomics.load(control, at.pending); pending !== 0; pending = Atomics.load(control, at.pending)) {
    if (++spins < SPINS) continue;
    if (pending !== before) {
      before = pending;
      deadline = performance.now() + stalledMs;
    }
    if (performance.now() > deadline) {
      loseWorkers('a worker died within a kernel', true);
      throw new DeviceError(
        `wasm: a worker thread died: it took a part of a kernel ${stalledMs / 1000} s ago and never finished it`,
      );
    }
    if (!mayWait(control)) continue;
    Atomics.store(control, at.mainSleeps, 1);
    Atomics.wait(control, at.pending, pending, Math.min(stalledMs, 1000));
    Atomics.store(control, at.mainSleeps, 0);
  }
}

function throwFailure(control: Int32Array): void {
  const length = Atomics.exchange(control, CONTROL.failure / 4, 0);
  if (length === 0) return;
  const text = new TextDecoder().decode(views().u8.slice(CONTROL.failure + 4, CONTROL.failure + 4 + length));
  throw new DeviceError(`wasm: a kernel failed in a worker thread: ${text}`);
}

let waits: boolean | undefined;

/** A browser's main thread may not sleep. */
function mayWait(control: Int32Array): boolean {
  if (waits === undefined) {
    try {
      waits = Atomics.wait(control, at.team, -1, 0) === 'not-equal';
    } catch {
      waits = false;
    }
  }
  return waits;
}

/** For tests: how long to wait for a chunk that a worker took. */
export function setStalledMs(ms: number): void {
  stalledMs = ms;
}
