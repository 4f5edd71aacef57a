/**
 * A thread that computes for the main thread.
 *
 * It waits for work in the shared memory, first spinning, then asleep. Meanwhile it cannot receive messages: kernels that
 * are compiled later reach it as bytes in the memory. `control.ts` says what lies where.
 */

import type { KernelFunction } from './chunks.ts';
import type { Control } from './control.ts';

/** The first message, and the only one. */
export interface Orders {
  readonly memory: WebAssembly.Memory;
  readonly team: number;
  readonly control: Control;
}

interface NodePort {
  once(event: 'message', listener: (orders: Orders) => void): void;
  postMessage(message: unknown): void;
}

/**
 * All that a worker runs. Workers start from the text of this function, so that bundlers have no file to find: it uses
 * nothing that lies outside it, and it is made of methods, since bundlers that keep the names of functions wrap each in a
 * helper of their own, which the text would lack.
 */
export function serveKernels(): void {
  const SPINS = 20_000;
  const functions: KernelFunction[] = [];
  let memory: WebAssembly.Memory;
  let team: number;
  let control: Control;
  let at: Control;
  let words: Int32Array;
  let link: Int32Array;

  const thread = {
    start(orders: Orders): void {
      ({ memory, team, control } = orders);
      const places = Object.entries(control).map(([name, address]: [string, number]) => [name, address / 4]);
      at = Object.fromEntries(places) as Control;
      words = new Int32Array(memory.buffer, 0, 16_384);
      link = new Int32Array(memory.buffer, control.modules, 1);

      thread.loadModules();
      if (Atomics.load(words, at.team) === team) Atomics.add(words, at.ready, 1);
      (port ?? globalThis).postMessage('ready');
      thread.waitForWork();
    },

    waitForWork(): void {
      for (let spins = 0; Atomics.load(words, at.team) === team; ) {
        if (Atomics.load(words, at.left) > 0) {
          thread.work();
          spins = 0;
        } else if (Atomics.load(link, 0) !== 0) thread.loadModules();
        else if (++spins > SPINS) {
          thread.sleep();
          spins = 0;
        }
      }
    },

    sleep(): void {
      const wake = Atomics.load(words, at.wake);
      Atomics.add(words, at.asleep, 1);
      // What was asked before `asleep` was raised woke nobody, so look again.
      if (Atomics.load(words, at.left) <= 0 && Atomics.load(words, at.team) === team) {
        Atomics.wait(words, at.wake, wake);
      }
      Atomics.sub(words, at.asleep, 1);
    },

    work(): void {
      while (Atomics.sub(words, at.left, 1) > 0) {
        // Until this chunk is done the main thread starts nothing else.
        const from = (Atomics.sub(words, at.last, 1) - 1) * words[at.chunk]!;
        const to = Math.min(words[at.total]!, from + words[at.chunk]!);
        try {
          if (words[at.kernel]! >= functions.length) thread.loadModules();
          functions[words[at.kernel]!]!(control.arguments, from, to);
        } catch (error) {
          thread.reportFailure(error);
        }
        const pending = Atomics.sub(words, at.pending, 1);
        if (pending === 1 && Atomics.load(words, at.mainSleeps) === 1) Atomics.notify(words, at.pending);
      }
    },

    /** The exports of all modules in order: a kernel's number is its place among them. */
    loadModules(): void {
      for (let next = Atomics.load(link, 0) >>> 0; next !== 0; next = Atomics.load(link, 0) >>> 0) {
        const length = thread.wordsAt(next, 2)[1]!;
        thread.wordsAt(next, 2 + Math.ceil(length / 4));
        const bytes = new Uint8Array(memory.buffer, next + 8, length).slice();
        const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
        functions.push(...(Object.values(exports) as KernelFunction[]));
        link = thread.wordsAt(next, 1);
      }
    },

    /** Memory that has just grown is seen here when a loop ends, not before. */
    wordsAt(address: number, length: number): Int32Array {
      while (memory.buffer.byteLength < address + 4 * length);
      return new Int32Array(memory.buffer, address, length);
    },

    reportFailure(error: unknown): void {
      const text = new TextEncoder().encode(String((error as Error)?.stack ?? error)).subarray(0, 4096);
      new Uint8Array(memory.buffer, control.failure + 4, text.length).set(text);
      Atomics.store(words, control.failure / 4, text.length);
    },
  };

  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): { parentPort: NodePort } } };
  const port = process?.getBuiltinModule?.('node:worker_threads').parentPort;
  if (port) port.once('message', thread.start);
  else
    globalThis.onmessage = ({ data }: MessageEvent<Orders>) => {
      thread.start(data);
      globalThis.close();
    };
}
