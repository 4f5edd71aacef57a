/**
 * What lies where in the first page of the memory, in bytes; the blocks begin behind it. Words that several threads
 * write have a cache line each.
 */

export interface Control {
  /** How many chunks of the running kernel are left to take: a thread takes one by counting down, and has none at 0. */
  readonly left: number;
  /** How many chunks lie before those that workers took: a worker takes one by counting down. */
  readonly last: number;
  /** How many chunks are not done. */
  readonly pending: number;
  /** Changes when there is something to do: workers sleep on it. */
  readonly wake: number;
  readonly asleep: number;
  /** Which workers are meant: those of another team stop. */
  readonly team: number;
  /** Workers that wait for work. */
  readonly ready: number;
  /** 1 while the main thread sleeps until `pending` is 0. */
  readonly mainSleeps: number;
  /** The running kernel: its number, items, items of a chunk. */
  readonly kernel: number;
  readonly total: number;
  readonly chunk: number;
  readonly arguments: number;
  /** Address of the first module: each begins with the address of the next one, and its length. */
  readonly modules: number;
  /** Length and UTF-8 text of what went wrong in a worker; its length is 0 where nothing did. */
  readonly failure: number;
}

export const CONTROL: Control = {
  left: 0,
  last: 640,
  pending: 64,
  wake: 128,
  asleep: 192,
  team: 256,
  ready: 320,
  mainSleeps: 384,
  kernel: 448,
  total: 452,
  chunk: 456,
  modules: 460,
  arguments: 1024,
  failure: 57_344,
};

/** The same places in an Int32Array. */
export const WORDS: Control = Object.fromEntries(
  Object.entries(CONTROL).map(([name, address]) => [name, address / 4]),
) as unknown as Control;

/** Where `findOutside` leaves what it found: the position (-1 where all are inside) and the value. */
export const FOUND = 512;
/** A line for the end of a kernel's output that does not fill a line of its own; only the last item uses it. */
export const LAST_LINE = 576;

export const PAGE = 65_536;
