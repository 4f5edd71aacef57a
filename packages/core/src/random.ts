/** Random numbers: a seed and a counter. One seed gives the same numbers on every device. */

import { ArgumentError } from './errors.ts';

/** Where a generator stands; plain data that a checkpoint can hold. */
export interface RandomState {
  readonly seed: number;
  readonly offset: number;
}

/** Draws advance the offset; the numbers are a function of (seed, offset, position) alone. Source: `device/philox.ts`. */
export class Generator {
  #state: RandomState;

  constructor(seed = 0) {
    this.#state = { seed: checkSeed(seed), offset: 0 };
  }

  get state(): RandomState {
    return this.#state;
  }

  set state({ seed, offset }: RandomState) {
    this.#state = { seed: checkSeed(seed), offset };
  }

  manualSeed(seed: number): this {
    this.state = { seed, offset: 0 };
    return this;
  }
}

/** The generator that is used where none is given. */
export const defaultGenerator: Generator = new Generator();

/** Makes all random numbers that follow reproducible: parameters, dropout, samples. */
export function manualSeed(seed: number): Generator {
  return defaultGenerator.manualSeed(seed);
}

function checkSeed(seed: number): number {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new ArgumentError(`manualSeed: expected a whole number from 0 to 2^53 - 1; given ${seed}`);
  return seed;
}
