/** Averages of weights over the steps, which often do better than the last weights. */

import { ArgumentError, assign, keep, scalar, snapshot, Tensor, updateAllInPlace } from '@tapegrad/core';
import { show } from './options.ts';

/** How an average follows the weights. */
export interface AverageOptions {
  /** The part of the average that lives on, per update, 0 to 1. Default: 0.999. */
  readonly decay?: number | undefined;
}

/** What `stateDict` of an average holds. */
export interface AverageState {
  readonly updates: number;
  readonly averages: readonly Tensor[];
}

const { add, mul, program, sub, uniform } = scalar;
const FOLLOW = program('ExponentialMovingAverage', (a, p) => [add(a, mul(uniform(0), sub(p, a)))], { into: [0] });

/**
 * An exponential moving average of parameters.
 *
 *     a <- decay a + (1 - decay) p
 *
 * Call `update` after each step of the optimizer; `swap` puts the averages into the parameters, for evaluation or to save
 * them, and a second `swap` puts the weights back.
 *
 * Throws: ArgumentError for something that is no tensor, and for a decay outside of [0, 1].
 *
 * Source: Polyak & Juditsky 1992; `torch.optim.swa_utils.AveragedModel` with `get_ema_multi_avg_fn`,
 * https://docs.pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema
 *
 * ```ts
 * import { Parameter, tensor } from '@tapegrad/core';
 * import { ExponentialMovingAverage, SGD } from '@tapegrad/optim';
 *
 * const w = new Parameter(tensor([4]));
 * const optimizer = new SGD([w], { lr: 0.25 });
 * const average = new ExponentialMovingAverage([w], { decay: 0.5 });
 * w.square().sum().backward();
 * optimizer.step();
 * average.update();
 * average.swap();
 * console.log(w); // tensor([3.], requiresGrad=true)
 * average.swap();
 * console.log(w); // tensor([2.], requiresGrad=true)
 * ```
 */
export class ExponentialMovingAverage {
  readonly decay: number;
  readonly #params: readonly Tensor[];
  readonly #averages: readonly Tensor[];
  #updates = 0;

  constructor(params: Iterable<Tensor>, { decay = 0.999 }: AverageOptions = {}) {
    this.#params = [...params];
    const wrong = this.#params.findIndex((param) => !(param instanceof Tensor));
    if (wrong >= 0)
      throw new ArgumentError(`${NAME}: expected a parameter at position ${wrong}; given ${show(this.#params[wrong])}`);
    if (!(decay >= 0 && decay <= 1))
      throw new ArgumentError(`${NAME}: decay must be a number from 0 to 1; given ${show(decay)}`);
    this.decay = decay;
    this.#averages = this.#params.map((param) => keep(snapshot(param.detach())));
  }

  /** Follows the parameters by one step. */
  update(): void {
    this.#updates++;
    updateAllInPlace(
      FOLLOW,
      this.#params.map((param, k) => [this.#averages[k]!, param.detach()]),
      [1 - this.decay],
    );
  }

  /** Exchanges the values of the parameters and of the averages. */
  swap(): void {
    this.#params.forEach((param, k) => {
      const weights = snapshot(param.detach());
      assign(param, this.#averages[k]!);
      assign(this.#averages[k]!, weights);
    });
  }

  /** A snapshot. */
  stateDict(): AverageState {
    return { updates: this.#updates, averages: this.#averages.map((average) => snapshot(average)) };
  }

  /** Goes on where a state dict was saved. Throws: ArgumentError, ShapeError where it does not fit the parameters. */
  loadStateDict({ updates, averages }: AverageState): void {
    if (!Array.isArray(averages) || averages.length !== this.#averages.length) {
      throw new ArgumentError(
        `${NAME}.loadStateDict: expected averages of ${this.#averages.length} parameters; given ${show(averages)}`,
      );
    }
    averages.forEach((average: Tensor, k) => {
      assign(this.#averages[k]!, average);
    });
    this.#updates = updates;
  }
}

const NAME = 'ExponentialMovingAverage';
