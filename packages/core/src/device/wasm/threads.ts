/** Workers that share the memory and compute with the main thread: how they start, how they end, and what goes wrong. */

import { ArgumentError, DeviceError } from '../../errors.ts';
import { WORDS as at, CONTROL, PAGE } from './control.ts';
import { whyNotShared } from './features.ts';
import { nodeModule } from './host.ts';
import { linearMemory, views } from './linear-memory.ts';
import { reserve } from './memory.ts';
import { type Orders, serveKernels } from './worker.ts';

/** A worker: Node's `Worker` of node:worker_threads, or a browser's. */
export interface WorkerLike {
  postMessage(message: unknown): void;
}

/** What they have beyond that, either of them. */
interface WorkerEvents {
  on?(event: string, listener: Listener): void;
  addEventListener?(event: string, listener: Listener): void;
  /** Node: lets the process exit while the worker waits. */
  unref?(): void;
}

type Listener = (detail: { readonly message?: string }) => void;

export interface ThreadOptions {
  /**
   * Makes a worker that runs the file `@tapegrad/core/worker`, for pages whose Content-Security-Policy lacks
   * `worker-src blob:`. With Vite and webpack:
   * `() => new Worker(new URL('@tapegrad/core/worker', import.meta.url), { type: 'module' })`.
   */
  readonly worker?: (() => WorkerLike) | undefined;
}

export interface ThreadInfo {
  /** Threads that compute, the main thread included; workers start with the first kernel that is large enough. */
  readonly count: number;
  /** Workers that wait for work now. */
  readonly ready: number;
  /** Why there are so many. */
  readonly reason: string;
}

/** What a browser does not say. */
const BLOCKED =
  "the page's Content-Security-Policy may forbid it: allow worker-src blob:, or give setThreads a worker (see ThreadOptions)";

/** How much work, in grains, makes workers worth starting. */
const WORTH_STARTING = 4;

/** As asked for; all cores where nobody did. */
let wanted: number | undefined;
let makeWorker: () => WorkerLike = makeDefaultWorker;
/** Workers that were started and are not known to have gone. */
let workers = 0;
let starting: Promise<void>[] = [];
let team = 0;
/** Why workers cannot be had. */
let obstacle: string | undefined;
/** What became of a worker: the next kernel throws it. */
let death: string | undefined;
/** A worker that vanished within a kernel may still come back and write: the memory is not shared with others again. */
let isUnsafe = false;
let words: Int32Array | undefined;
let lastModule = CONTROL.modules;
let cores: number | undefined;

/**
 * How many threads compute on the wasm device, the main thread included: as many as there are cores, where this is not
 * called. Workers start with the first kernel that is large enough. Throws: ArgumentError.
 */
export function setThreads(count: number, { worker }: ThreadOptions = {}): void {
  if (!Number.isInteger(count) || count < 1)
    throw new ArgumentError(`setThreads: expected a whole number of 1 or more; given ${count}`);
  wanted = count;
  makeWorker = worker ?? makeDefaultWorker;
  stopWorkers();
}

export function threadInfo(): ThreadInfo {
  const why = obstacle ?? whyNotShared();
  const count = why === undefined ? threadsWanted() : 1;
  const ready = workers > 0 ? Atomics.load(controlWords(), at.ready) : 0;
  const chosen = wanted === undefined ? 'as many as the machine has cores' : `as setThreads(${wanted}) asked`;
  return { count, ready, reason: why ?? chosen };
}

/** Starts the workers at once; resolves when they wait for work, or cannot be had. */
export async function startThreads(): Promise<ThreadInfo> {
  if (workers === 0) startWorkers();
  const alive = setInterval(() => {}, 1000); // workers alone do not keep Node from exiting
  await Promise.all(starting);
  clearInterval(alive);
  return threadInfo();
}

/** Makes a compiled module known to workers: they cannot receive messages, so its bytes go through the memory. */
export function shareModule(bytes: Uint8Array): void {
  if (whyNotShared() !== undefined) return;
  const address = reserve(8 + bytes.length);
  const { i32, u8 } = views();
  i32[address / 4] = 0;
  i32[address / 4 + 1] = bytes.length;
  u8.set(bytes, address + 8);
  Atomics.store(i32, lastModule / 4, address);
  lastModule = address;
}

/** Whether workers wait for work; starts them where that is worth it. Throws: DeviceError after one has died. */
export function hasHelp(total: number, grain: number): boolean {
  if (death !== undefined) {
    const message = death;
    death = undefined;
    throw new DeviceError(message);
  }
  if (workers > 0) return Atomics.load(controlWords(), at.ready) > 0;
  if (total >= WORTH_STARTING * grain && obstacle === undefined && threadsWanted() > 1) startWorkers();
  return false;
}

function startWorkers(): void {
  obstacle = isUnsafe ? 'a worker vanished within a kernel' : whyNotShared();
  const count = threadsWanted() - 1;
  starting = [];
  if (obstacle !== undefined) return;
  Atomics.store(controlWords(), at.team, team);
  try {
    for (let k = 0; k < count; k++) {
      starting.push(startWorker());
      workers++;
    }
  } catch (error) {
    loseWorkers(`workers cannot be started: ${String(error)}`);
  }
}

/** Resolves when the worker waits for work, or is gone. */
function startWorker(): Promise<void> {
  const worker: WorkerLike & WorkerEvents = makeWorker();
  const mine = team;
  let isReady = false;
  return new Promise((resolve) => {
    const listen = (event: string, listener: Listener): void =>
      worker.on ? worker.on(event, listener) : worker.addEventListener?.(event, listener);
    const gone = (what: string): void => {
      if (mine === team) {
        loseWorkers(isReady ? `a worker ${what}` : `a worker could not start: it ${what}`);
        if (isReady)
          death = `wasm: a worker thread ${what}; from now on one thread computes, until setThreads(n) is called`;
      }
      resolve();
    };
    listen('message', () => {
      isReady = true;
      resolve();
    });
    listen('error', ({ message = BLOCKED }) => gone(`failed: ${message}`));
    listen('messageerror', () => gone('could not receive the memory'));
    listen('exit', (code) => gone(`exited with code ${String(code)}`));
    worker.postMessage({ memory: linearMemory(), team, control: CONTROL } satisfies Orders);
    worker.unref?.();
  });
}

/** Goes on without them: for good where one took a part of a kernel and did not finish it. */
export function loseWorkers(reason: string, withinKernel = false): void {
  stopWorkers();
  obstacle = reason;
  isUnsafe ||= withinKernel;
}

function stopWorkers(): void {
  obstacle = undefined;
  team++;
  if (workers === 0) return;
  workers = 0;
  const control = controlWords();
  Atomics.store(control, at.ready, 0);
  Atomics.store(control, at.team, team); // they see that, and leave
  wakeWorkers(control);
}

export function wakeWorkers(control: Int32Array): void {
  Atomics.add(control, at.wake, 1);
  if (Atomics.load(control, at.asleep) > 0) Atomics.notify(control, at.wake);
}

/** From its text, in Node without the flags that load other files into each thread. */
function makeDefaultWorker(): WorkerLike {
  const program = `'use strict';(${serveKernels})()`;
  const node = nodeModule<{ Worker: NodeWorker }>('node:worker_threads');
  if (node) return new node.Worker(program, { eval: true, name: 'tapegrad', execArgv: [] });
  programUrl ??= URL.createObjectURL(new Blob([program], { type: 'text/javascript' }));
  return new Worker(programUrl, { name: 'tapegrad' });
}

let programUrl: string | undefined;

type NodeWorker = new (
  program: string,
  options: { eval: true; name: string; execArgv: readonly string[] },
) => WorkerLike;

export function threadsWanted(): number {
  cores ??=
    nodeModule<{ availableParallelism(): number }>('node:os')?.availableParallelism() ??
    (globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator?.hardwareConcurrency ??
    1;
  return wanted ?? cores;
}

export function controlWords(): Int32Array {
  words ??= new Int32Array(linearMemory().buffer, 0, PAGE / 4);
  return words;
}
