/** Batches by their number. */

import { ArgumentError } from '@tapegrad/core';
import { checkWhole } from './checks.ts';

/**
 * Batches that depend on nothing but their number: 0, 1, 2 and so on, without end, `length` of them an epoch. So what a
 * checkpoint must hold of its data is the number of steps done; `at(step)` or `range(step)` goes on with the same batches,
 * to the bit, in the middle of an epoch too.
 *
 * `make` gives batch `index`, 0 to `length - 1`, of an epoch, 0 or more; the same for the same numbers.
 *
 * Throws: ArgumentError unless `length` is 1 or more.
 *
 * ```ts
 * import { Batches } from '@tapegrad/nn/data';
 *
 * const batches = new Batches(2, (epoch, index) => `batch ${index} of epoch ${epoch}`);
 * console.log(batches.at(3)); // batch 1 of epoch 1
 * console.log([...batches.epoch(0)]); // [ 'batch 0 of epoch 0', 'batch 1 of epoch 0' ]
 * console.log([...batches.range(1, 3)]); // [ 'batch 1 of epoch 0', 'batch 0 of epoch 1' ]
 * ```
 */
export class Batches<Batch> {
  /** Batches an epoch. */
  readonly length: number;
  readonly #make: (epoch: number, index: number) => Batch;

  constructor(length: number, make: (epoch: number, index: number) => Batch) {
    this.length = checkWhole('Batches', 'length', length, 1);
    this.#make = make;
  }

  /** Batch `step`, counted over all epochs. Throws: ArgumentError unless it is a whole number of 0 or more. */
  at(step: number): Batch {
    checkWhole('at', 'step', step, 0);
    return this.#make(Math.floor(step / this.length), step % this.length);
  }

  /** Batches `from` to `to - 1`; without `to` they do not end. Throws: ArgumentError unless 0 <= from <= to. */
  *range(from = 0, to: number = Number.POSITIVE_INFINITY): Generator<Batch, void, undefined> {
    checkWhole('range', 'from', from, 0);
    if (!(to >= from)) throw new ArgumentError(`range: expected to to be from, ${from}, or more; given ${to}`);
    for (let step = from; step < to; step++) yield this.at(step);
  }

  /** The batches of an epoch. Throws: ArgumentError unless it is a whole number of 0 or more. */
  epoch(epoch: number): Generator<Batch, void, undefined> {
    checkWhole('epoch', 'epoch', epoch, 0);
    return this.range(epoch * this.length, (epoch + 1) * this.length);
  }

  /** Each batch as `change` makes another of it: from indices to tensors, say. */
  map<Other>(change: (batch: Batch) => Other): Batches<Other> {
    return new Batches(this.length, (epoch, index) => change(this.#make(epoch, index)));
  }
}
