/** Schedulers made of schedulers: one after the other, or all at once. */

import { ArgumentError } from '@tapegrad/core';
import type { Optimizer } from '../optimizer.ts';
import { show } from '../options.ts';
import { checkCount, LRScheduler, resetRates, type SchedulerState, type Steps } from './scheduler.ts';

/** Options of `SequentialLR`. */
export interface SequentialLROptions {
  readonly schedulers: readonly LRScheduler[];
  /** After how many steps the next scheduler takes over: one less than there are schedulers, rising. */
  readonly milestones: readonly number[];
}

/**
 * Schedulers one after the other; each begins at its own start, from the initial rate.
 *
 * Throws: ArgumentError. Source:
 * https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.SequentialLR.html
 *
 * ```ts
 * import { Parameter, zeros } from '@tapegrad/core';
 * import { ExponentialLR, LinearLR, SequentialLR, SGD } from '@tapegrad/optim';
 *
 * const optimizer = new SGD([new Parameter(zeros([1]))], { lr: 1 });
 * const warmup = new LinearLR(optimizer, { startFactor: 0.5, totalIters: 2 });
 * const decay = new ExponentialLR(optimizer, { gamma: 0.5 });
 * const scheduler = new SequentialLR(optimizer, { schedulers: [warmup, decay], milestones: [2] });
 * const rates = scheduler.getLastLr();
 * for (let step = 0; step < 4; step++) {
 *   scheduler.step();
 *   rates.push(...scheduler.getLastLr());
 * }
 * console.log(rates); // [ 0.5, 0.75, 1, 0.5, 0.25 ]
 * ```
 */
export class SequentialLR implements Steps {
  readonly #schedulers: readonly LRScheduler[];
  readonly #milestones: readonly number[];
  #steps = 0;

  constructor(optimizer: Optimizer, { schedulers, milestones }: SequentialLROptions) {
    this.#schedulers = checkSchedulers('SequentialLR', schedulers, optimizer);
    const rises = milestones.every(
      (at, k) => checkCount('SequentialLR', 'each milestone', at) > (milestones[k - 1] ?? 0),
    );
    if (milestones.length !== schedulers.length - 1 || !rises) {
      throw new ArgumentError(
        `SequentialLR: expected ${schedulers.length - 1} rising milestones for ${schedulers.length} schedulers; given ${show(milestones)}`,
      );
    }
    this.#milestones = milestones;
    resetRates(optimizer);
    this.#schedulers[0]!.start();
  }

  step(): void {
    const t = ++this.#steps;
    const index = this.#milestones.filter((milestone) => milestone <= t).length;
    if (this.#milestones[index - 1] === t) this.#schedulers[index]!.jump(0);
    else this.#schedulers[index]!.step();
  }

  getLastLr(): number[] {
    return this.#schedulers[0]!.getLastLr();
  }

  stateDict(): SchedulerState {
    return { steps: this.#steps, schedulers: this.#schedulers.map((scheduler) => scheduler.stateDict()) };
  }

  /** Throws: ArgumentError where the state is not one of as many schedulers. */
  loadStateDict(state: SchedulerState): void {
    const states = statesOf('SequentialLR', state, this.#schedulers.length);
    if (!Number.isInteger(state.steps))
      throw new ArgumentError(`SequentialLR: expected a state dict with steps; given ${show(state)}`);
    this.#steps = state.steps as number;
    this.#schedulers.forEach((scheduler, k) => {
      scheduler.loadStateDict(states[k]!);
    });
  }
}

/**
 * Schedulers all at once: each changes the rate that the one before has left.
 *
 * Throws: ArgumentError. Source:
 * https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ChainedScheduler.html
 *
 * ```ts
 * import { Parameter, zeros } from '@tapegrad/core';
 * import { ChainedScheduler, ConstantLR, ExponentialLR, SGD } from '@tapegrad/optim';
 *
 * const optimizer = new SGD([new Parameter(zeros([1]))], { lr: 1 });
 * const halved = new ConstantLR(optimizer, { factor: 0.5, totalIters: 2 });
 * const scheduler = new ChainedScheduler([halved, new ExponentialLR(optimizer, { gamma: 0.5 })]);
 * const rates = scheduler.getLastLr();
 * for (let step = 0; step < 3; step++) {
 *   scheduler.step();
 *   rates.push(...scheduler.getLastLr());
 * }
 * console.log(rates); // [ 0.5, 0.25, 0.25, 0.125 ]
 * ```
 */
export class ChainedScheduler implements Steps {
  readonly #schedulers: readonly LRScheduler[];

  constructor(schedulers: readonly LRScheduler[]) {
    this.#schedulers = checkSchedulers('ChainedScheduler', schedulers, schedulers[0]?.optimizer);
  }

  step(): void {
    for (const scheduler of this.#schedulers) scheduler.step();
  }

  getLastLr(): number[] {
    return this.#schedulers[0]!.getLastLr();
  }

  stateDict(): SchedulerState {
    return { schedulers: this.#schedulers.map((scheduler) => scheduler.stateDict()) };
  }

  /** Throws: ArgumentError where the state is not one of as many schedulers. */
  loadStateDict(state: SchedulerState): void {
    const states = statesOf('ChainedScheduler', state, this.#schedulers.length);
    this.#schedulers.forEach((scheduler, k) => {
      scheduler.loadStateDict(states[k]!);
    });
  }
}

function checkSchedulers(
  name: string,
  schedulers: readonly LRScheduler[],
  optimizer: Optimizer | undefined,
): readonly LRScheduler[] {
  if (schedulers.length === 0) throw new ArgumentError(`${name}: expected at least one scheduler; given none`);
  for (const [k, scheduler] of schedulers.entries()) {
    if (!(scheduler instanceof LRScheduler))
      throw new ArgumentError(`${name}: expected a scheduler at position ${k}; given ${show(scheduler)}`);
    if (scheduler.optimizer !== optimizer)
      throw new ArgumentError(`${name}: the scheduler at position ${k} is of another optimizer`);
  }
  return [...schedulers];
}

function statesOf(name: string, { schedulers }: SchedulerState, count: number): readonly SchedulerState[] {
  if (!Array.isArray(schedulers) || schedulers.length !== count)
    throw new ArgumentError(`${name}: expected the states of ${count} schedulers; given ${show(schedulers)}`);
  return schedulers as SchedulerState[];
}
