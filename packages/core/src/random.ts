/** Random numbers: a seed and a counter. One seed gives the same numbers on every device. */

import { ArgumentError } from './errors.ts';

/** Where a generator stands; plain data that a checkpoint can hold. */
export interface RandomState {
  /** A whole number from 0 to 2^53 - 1. */
  readonly seed: number;
  /** Blocks of four 32-bit words that were drawn so far. */
  readonly offset: number;
}

/**
 * A source of random numbers. Draws advance its offset; the numbers are a function of (seed, offset, position) alone.
 *
 * Throws: ArgumentError for a seed that is no whole number from 0 to 2^53 - 1.
 * Source: Salmon et al. 2011, https://doi.org/10.1145/2063384.2063405 (`device/philox.ts`)
 *
 * ```ts
 * import { Generator, rand } from '@tapegrad/core';
 *
 * const generator = new Generator(7);
 * const { state } = generator;
 * const first = rand([2], { generator });
 * generator.state = state;
 * console.log(first, rand([2], { generator })); // tensor([0.9546, 0.7502]) tensor([0.9546, 0.7502])
 * ```
 */
export class Generator {
  #state: RandomState;

  constructor(seed = 0) {
    this.#state = { seed: checkSeed(seed), offset: 0 };
  }

  /** Where it stands; set it to draw the same numbers again. */
  get state(): RandomState {
    return this.#state;
  }

  set state({ seed, offset }: RandomState) {
    if (watched && !watched.has(this)) watched.set(this, this.#state);
    this.#state = { seed: checkSeed(seed), offset };
  }

  /** Starts anew from a seed. Returns the generator. */
  manualSeed(seed: number): this {
    this.state = { seed, offset: 0 };
    return this;
  }
}

/** The generator that is used where none is given; its seed is 0 until `manualSeed` is called. */
export const defaultGenerator: Generator = new Generator();

/**
 * Makes all random numbers that follow from `defaultGenerator` reproducible: parameters, dropout, samples.
 *
 * Throws: ArgumentError for a seed that is no whole number from 0 to 2^53 - 1.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.manual_seed.html
 *
 * ```ts
 * import { manualSeed, randn } from '@tapegrad/core';
 *
 * manualSeed(1);
 * const first = randn([2]);
 * manualSeed(1);
 * console.log(first, randn([2])); // tensor([ 1.6585, -1.2917]) tensor([ 1.6585, -1.2917])
 * ```
 */
export function manualSeed(seed: number): Generator {
  return defaultGenerator.manualSeed(seed);
}

/** Where generators stood. */
export type Draws = ReadonlyMap<Generator, RandomState>;

let watched: Map<Generator, RandomState> | undefined;

/** Runs `fn`, and tells where each generator that it drew from stood before. */
export function watchDraws<R>(fn: () => R): { readonly result: R; readonly draws: Draws } {
  const outer = watched;
  const draws = new Map<Generator, RandomState>();
  watched = draws;
  try {
    return { result: fn(), draws };
  } finally {
    watched = outer;
  }
}

/** Runs `fn` with the generators where they stood; afterwards they stand where they stand now. */
export function replayDraws<R>(draws: Draws, fn: () => R): R {
  const now = [...draws.keys()].map((generator) => [generator, generator.state] as const);
  for (const [generator, state] of draws) generator.state = state;
  try {
    return fn();
  } finally {
    for (const [generator, state] of now) generator.state = state;
  }
}

function checkSeed(seed: number): number {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new ArgumentError(`manualSeed: expected a whole number from 0 to 2^53 - 1; given ${seed}`);
  return seed;
}
