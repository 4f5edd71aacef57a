/** What a model remembers: a tensor, or arrays and plain objects of tensors. */

import { type AnyTensor, ArgumentError, assign, sameShape, snapshot, Tensor } from '@tapegrad/core';

/** The state with each tensor replaced; what is no tensor stays as it is. Throws: ArgumentError for objects of a class. */
export function mapState<State>(op: string, state: State, fn: (x: AnyTensor) => AnyTensor): State {
  const map = (part: unknown): unknown => {
    if (part instanceof Tensor) return fn(part as AnyTensor);
    if (Array.isArray(part)) return part.map(map);
    if (typeof part !== 'object' || part === null) return part; // a count of steps, say
    if (Object.getPrototypeOf(part) === Object.prototype)
      return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, map(value)]));
    throw new ArgumentError(
      `${op}: expected a state of tensors, in arrays and plain objects; given a ${part.constructor.name}`,
    );
  };
  return map(state) as State;
}

/**
 * Memory for the state of a text that is being written, so that all that a step makes goes back at the step's end, and
 * nothing waits for the engine's collector. There are two of each tensor: one that a step reads, and one that it writes.
 */
export class StateMemory {
  readonly #op: string;
  #read: AnyTensor[] = [];
  #written: AnyTensor[] = [];

  constructor(op: string) {
    this.#op = op;
  }

  /** The same state, in memory that the next step but one overwrites. To be called in the step's block. */
  hold<State>(state: State): State {
    [this.#read, this.#written] = [this.#written, this.#read];
    let k = 0;
    return mapState(this.#op, state, (x) => {
      const at = k++;
      const room = this.#written[at];
      if (room && room.dtype === x.dtype && room.device === x.device && sameShape(room.shape, x.shape)) assign(room, x);
      else this.#written[at] = snapshot(x);
      return this.#written[at]!;
    });
  }
}
