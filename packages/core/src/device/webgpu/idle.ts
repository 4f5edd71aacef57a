/**
 * Waiting for the GPU in Node.
 *
 * Dawn asks how far the GPU is in every turn of the event loop, without a pause, for as long as anything is awaited: it
 * keeps a core busy, which a software driver needs to compute on. So each turn in which a read waits sleeps a little. It
 * shortens training steps on SwiftShader to a third where two processes share two cores.
 */

import { isNode } from './acquire.ts';

/** How long a turn sleeps, in ms: much less than a step takes, much more than a question. */
const PAUSE = 0.05;

const { setImmediate } = globalThis as { setImmediate?: (fn: () => void) => unknown };
let cell: Int32Array | undefined;
let waiting = 0;
let hasTurn = false;

/** The promise, which is about work of the GPU. */
export async function idleUntil<R>(promise: Promise<R>): Promise<R> {
  if (!setImmediate || !isNode()) return promise;
  waiting++;
  nextTurn(); // after Dawn's, which comes first: what is ready at once does not wait
  try {
    return await promise;
  } finally {
    waiting--;
  }
}

function nextTurn(): void {
  if (hasTurn || waiting === 0) return;
  hasTurn = true;
  setImmediate!(() => {
    hasTurn = false;
    if (waiting === 0) return;
    cell ??= new Int32Array(new SharedArrayBuffer(4));
    Atomics.wait(cell, 0, 0, PAUSE);
    nextTurn();
  });
}
