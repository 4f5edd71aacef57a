/** What the scalar programs of optimizers share. */

import { scalar } from '@tapegrad/core';

const { add, mul, neg, program } = scalar;

export type Body = (...slots: readonly scalar.Scalar[]) => readonly scalar.Scalar[];

/**
 * One program for each combination of flags. Slots are p, grad and `tensors` of state; the body puts out what is new, at
 * the slots `into`.
 */
export function variants<Flags extends readonly boolean[]>(
  name: string,
  build: (...flags: Flags) => { readonly body: Body; readonly slots: number; readonly into: readonly number[] },
): (...flags: Flags) => scalar.Program {
  const made: scalar.Program[] = [];
  return (...flags) => {
    const variant = flags.reduce((bits, flag, k) => bits + (flag ? 2 ** k : 0), 0);
    const { body, slots, into } = build(...flags);
    return (made[variant] ??= program(name, (...args) => [...body(...args)], {
      slots: new Array<number>(slots).fill(1),
      into: [...into],
    }));
  };
}

/** The gradient that an update goes by: turned round to go up, with the L2 penalty where there is one. */
export function direction(
  p: scalar.Scalar,
  grad: scalar.Scalar,
  maximize: boolean,
  weightDecay: scalar.Scalar | undefined,
): scalar.Scalar {
  const g = maximize ? neg(grad) : grad;
  return weightDecay ? add(g, mul(weightDecay, p)) : g;
}

/** decay x + (1 - decay) y, with 1 - decay given: a running average. */
export function average(x: scalar.Scalar, y: scalar.Scalar, decay: scalar.Scalar, rest: scalar.Scalar): scalar.Scalar {
  return add(mul(decay, x), mul(rest, y));
}
