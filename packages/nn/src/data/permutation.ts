/** A random order that is nowhere written down. */

import { Generator, randint } from '@tapegrad/core';

/**
 * Element i of a random order of 0 ... n - 1, as a function of i: it holds nothing of length n. `stream` 0, 1, 2... of a
 * seed are orders that have nothing to do with each other.
 *
 * The swap-or-not shuffle: a round pairs each x with K - x mod n, for a random K, and a coin for each pair says whether the
 * two change places. A round is its own inverse, so all of them in a row lose no number.
 *
 * Source: Hoang, Morris, Rogaway: An Enciphering Scheme Based on a Card Shuffle (CRYPTO 2012),
 * https://doi.org/10.1007/978-3-642-32009-5_1.
 */
export function permutation(n: number, seed: number, stream: number): (i: number) => number {
  const generator = new Generator();
  generator.state = { seed, offset: stream * BLOCKS };
  const draw = (low: number, high: number): ArrayLike<number> =>
    randint(low, high, [ROUNDS], { generator, device: 'cpu' }).dataSync();
  const keys = draw(0, n);
  const coins = draw(-(2 ** 31), 2 ** 31);
  return (i) => {
    let x = i;
    for (let round = 0; round < ROUNDS; round++) {
      const difference = keys[round]! - x;
      const partner = difference < 0 ? difference + n : difference;
      if (coin(Math.max(x, partner), coins[round]!)) x = partner;
    }
    return x;
  };
}

/** More than 6 log2 n for any n; each takes about ten nanoseconds. */
const ROUNDS = 192;
/** Of the generator's stream, four words each: two draws. */
const BLOCKS = (2 * ROUNDS) / 4;

/** One bit of MurmurHash3's last step, in which every bit of x counts. */
function coin(x: number, key: number): boolean {
  let bits = x ^ key;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) & 1) === 1;
}
