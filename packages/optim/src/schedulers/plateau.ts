/** A scheduler that looks at a metric. */

import { ArgumentError } from '@tapegrad/core';
import { Optimizer } from '../optimizer.ts';
import { show } from '../options.ts';
import { checkCount, forEachGroup, groupsOf, type SchedulerState } from './scheduler.ts';

/** Options of `ReduceLROnPlateau`. */
export interface PlateauOptions {
  /** Whether the metric should fall or rise. Default: 'min'. */
  readonly mode?: 'min' | 'max' | undefined;
  /** What the rate is multiplied by, below 1. Default: 0.1. */
  readonly factor?: number | undefined;
  /** How many steps without an improvement are borne. Default: 10. */
  readonly patience?: number | undefined;
  /** How much better counts as better. Default: 1e-4. */
  readonly threshold?: number | undefined;
  /** Whether that is a part of the best value, or a distance. Default: 'rel'. */
  readonly thresholdMode?: 'rel' | 'abs' | undefined;
  /** Steps after a change in which nothing is counted. Default: 0. */
  readonly cooldown?: number | undefined;
  /** The lowest rate; a list has one for each group. Default: 0. */
  readonly minLr?: number | readonly number[] | undefined;
  /** Smaller changes are not made. Default: 1e-8. */
  readonly eps?: number | undefined;
}

/**
 * Lowers the rate when a metric, such as the loss on held-out data, has stopped to improve.
 *
 * Throws: ArgumentError. Source:
 * https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html
 *
 * ```ts
 * import { Parameter, zeros } from '@tapegrad/core';
 * import { ReduceLROnPlateau, SGD } from '@tapegrad/optim';
 *
 * const optimizer = new SGD([new Parameter(zeros([1]))], { lr: 1 });
 * const scheduler = new ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 1 });
 * for (const loss of [3, 2, 2, 2]) scheduler.step(loss);
 * console.log(scheduler.getLastLr()); // [ 0.5 ]
 * ```
 */
export class ReduceLROnPlateau {
  readonly optimizer: Optimizer;
  readonly #options: {
    readonly [K in Exclude<keyof PlateauOptions, 'minLr'>]-?: Exclude<PlateauOptions[K], undefined>;
  };
  readonly #minLrs: readonly number[];
  #best: number;
  #bad = 0;
  #rest = 0;

  constructor(optimizer: Optimizer, options: PlateauOptions = {}) {
    if (!(optimizer instanceof Optimizer))
      throw new ArgumentError(`${NAME}: expected an optimizer as the first argument; given ${show(optimizer)}`);
    const { mode = 'min', factor = 0.1, patience = 10, threshold = 1e-4, thresholdMode = 'rel' } = options;
    const { cooldown = 0, minLr = 0, eps = 1e-8 } = options;
    if (!(factor < 1)) throw new ArgumentError(`${NAME}: factor must be below 1; given ${show(factor)}`);
    if (mode !== 'min' && mode !== 'max')
      throw new ArgumentError(`${NAME}: mode must be 'min' or 'max'; given ${show(mode)}`);
    if (thresholdMode !== 'rel' && thresholdMode !== 'abs')
      throw new ArgumentError(`${NAME}: thresholdMode must be 'rel' or 'abs'; given ${show(thresholdMode)}`);
    checkCount(NAME, 'patience', patience, 0);
    checkCount(NAME, 'cooldown', cooldown, 0);
    this.optimizer = optimizer;
    this.#options = { mode, factor, patience, threshold, thresholdMode, cooldown, eps };
    this.#minLrs = forEachGroup(NAME, 'minLr', optimizer, minLr);
    this.#best = mode === 'min' ? Infinity : -Infinity;
  }

  /** Counts one step, or epoch. Throws: ArgumentError for a metric that is no number. */
  step(metric: number): void {
    if (typeof metric !== 'number')
      throw new ArgumentError(`${NAME}: expected the metric as a number; given ${show(metric)}: await loss.item()`);
    if (this.#improves(metric)) {
      this.#best = metric;
      this.#bad = 0;
    } else this.#bad++;
    if (this.#rest > 0) {
      this.#rest--;
      this.#bad = 0;
    }
    const { patience, cooldown, factor, eps } = this.#options;
    if (this.#bad <= patience) return;
    for (const [k, group] of groupsOf(this.optimizer).entries()) {
      const lower = Math.max(group.lr * factor, this.#minLrs[k]!);
      if (group.lr - lower > eps) group.lr = lower;
    }
    this.#rest = cooldown;
    this.#bad = 0;
  }

  #improves(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.#options;
    const sign = mode === 'min' ? -1 : 1;
    const mark = thresholdMode === 'abs' ? this.#best + sign * threshold : this.#best * (1 + sign * threshold);
    return mode === 'min' ? metric < mark : metric > mark;
  }

  /** The learning rate of each group. */
  getLastLr(): number[] {
    return groupsOf(this.optimizer).map(({ lr }) => lr);
  }

  stateDict(): SchedulerState {
    return { best: this.#best, bad: this.#bad, rest: this.#rest };
  }

  /** Throws: ArgumentError where the state is not of this scheduler. */
  loadStateDict(state: SchedulerState): void {
    const { best, bad, rest } = state;
    if (typeof best !== 'number' || !Number.isInteger(bad) || !Number.isInteger(rest))
      throw new ArgumentError(`${NAME}: expected a state dict with best, bad and rest; given ${show(state)}`);
    [this.#best, this.#bad, this.#rest] = [best, bad as number, rest as number];
  }
}

const NAME = 'ReduceLROnPlateau';
