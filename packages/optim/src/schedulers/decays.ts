/** Schedulers that multiply: by steps, exponentially, or as a function says. t counts steps. */

import { ArgumentError } from '@tapegrad/core';
import type { Optimizer } from '../optimizer.ts';
import { show } from '../options.ts';
import { checkCount, checkFinite, LRScheduler } from './scheduler.ts';

/** Options of `StepLR`. */
export interface StepLROptions {
  /** Steps between two changes. */
  readonly stepSize: number;
  /** What the rate is multiplied by. Default: 0.1. */
  readonly gamma?: number | undefined;
}

/**
 * Multiplies the rate by gamma every `stepSize` steps.
 *
 * Equation: lr = initial gamma^floor(t / stepSize)
 *
 * Throws: ArgumentError. Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html
 *
 * ```ts
 * import { Parameter, zeros } from '@tapegrad/core';
 * import { SGD, StepLR } from '@tapegrad/optim';
 *
 * const optimizer = new SGD([new Parameter(zeros([1]))], { lr: 1 });
 * const scheduler = new StepLR(optimizer, { stepSize: 2, gamma: 0.5 });
 * for (let step = 0; step < 5; step++) {
 *   optimizer.step();
 *   scheduler.step();
 * }
 * console.log(optimizer.paramGroups[0]!.lr); // 0.25
 * ```
 */
export class StepLR extends LRScheduler {
  readonly #stepSize: number;
  readonly #gamma: number;

  constructor(optimizer: Optimizer, { stepSize, gamma = 0.1 }: StepLROptions) {
    super('StepLR', optimizer);
    this.#stepSize = checkCount(this.name, 'stepSize', stepSize);
    this.#gamma = checkFinite(this.name, 'gamma', gamma);
    this.start();
  }

  protected override at(t: number, initial: number): number {
    return initial * this.#gamma ** Math.floor(t / this.#stepSize);
  }

  protected override next(lr: number, t: number): number {
    return t > 0 && t % this.#stepSize === 0 ? lr * this.#gamma : lr;
  }
}

/** Options of `MultiStepLR`. */
export interface MultiStepLROptions {
  /** After how many steps the rate changes; one that is named twice counts twice. */
  readonly milestones: readonly number[];
  /** What the rate is multiplied by. Default: 0.1. */
  readonly gamma?: number | undefined;
}

/**
 * Multiplies the rate by gamma at each milestone.
 *
 * Equation: lr = initial gamma^(number of milestones up to t)
 *
 * Throws: ArgumentError. Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiStepLR.html
 *
 * ```ts
 * import { Parameter, zeros } from '@tapegrad/core';
 * import { MultiStepLR, SGD } from '@tapegrad/optim';
 *
 * const optimizer = new SGD([new Parameter(zeros([1]))], { lr: 1 });
 * const scheduler = new MultiStepLR(optimizer, { milestones: [1, 3], gamma: 0.5 });
 * scheduler.step();
 * console.log(scheduler.getLastLr()); // [ 0.5 ]
 * ```
 */
export class MultiStepLR extends LRScheduler {
  readonly #milestones: readonly number[];
  readonly #gamma: number;

  constructor(optimizer: Optimizer, { milestones, gamma = 0.1 }: MultiStepLROptions) {
    super('MultiStepLR', optimizer);
    if (!Array.isArray(milestones))
      throw new ArgumentError(`${this.name}: milestones must be a list of steps; given ${show(milestones)}`);
    this.#milestones = milestones.map((milestone) => checkCount(this.name, 'each milestone', milestone, 0));
    this.#gamma = checkFinite(this.name, 'gamma', gamma);
    this.start();
  }

  protected override at(t: number, initial: number): number {
    return initial * this.#gamma ** this.#milestones.filter((milestone) => milestone <= t).length;
  }

  protected override next(lr: number, t: number): number {
    return lr * this.#gamma ** this.#milestones.filter((milestone) => milestone === t).length;
  }

  protected override first(lr: number): number {
    return this.next(lr, 0);
  }
}

/**
 * Multiplies the rate by gamma at each step.
 *
 * Equation: lr = initial gamma^t
 *
 * Throws: ArgumentError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html
 *
 * ```ts
 * import { Parameter, zeros } from '@tapegrad/core';
 * import { ExponentialLR, SGD } from '@tapegrad/optim';
 *
 * const optimizer = new SGD([new Parameter(zeros([1]))], { lr: 1 });
 * const scheduler = new ExponentialLR(optimizer, { gamma: 0.5 });
 * scheduler.step();
 * scheduler.step();
 * console.log(scheduler.getLastLr()); // [ 0.25 ]
 * ```
 */
export class ExponentialLR extends LRScheduler {
  readonly #gamma: number;

  constructor(optimizer: Optimizer, { gamma }: { readonly gamma: number }) {
    super('ExponentialLR', optimizer);
    this.#gamma = checkFinite(this.name, 'gamma', gamma);
    this.start();
  }

  protected override at(t: number, initial: number): number {
    return initial * this.#gamma ** t;
  }

  protected override next(lr: number, t: number): number {
    return t === 0 ? lr : lr * this.#gamma;
  }
}

/** A factor as a function of the steps so far; a list has one for each group. */
export type Factor = (t: number) => number;

/**
 * The initial rate times a function of the steps.
 *
 * Equation: lr = initial lambda(t)
 *
 * Throws: ArgumentError. Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LambdaLR.html
 *
 * ```ts
 * import { Parameter, zeros } from '@tapegrad/core';
 * import { LambdaLR, SGD } from '@tapegrad/optim';
 *
 * const optimizer = new SGD([new Parameter(zeros([1]))], { lr: 0.1 });
 * const scheduler = new LambdaLR(optimizer, (t) => 1 / Math.sqrt(t + 1));
 * for (let step = 0; step < 3; step++) scheduler.step();
 * console.log(scheduler.getLastLr()); // [ 0.05 ]
 * ```
 */
export class LambdaLR extends LRScheduler {
  readonly #factors: readonly Factor[];

  constructor(optimizer: Optimizer, lambda: Factor | readonly Factor[]) {
    super('LambdaLR', optimizer);
    this.#factors = factorsOf(this.name, optimizer, lambda);
    this.start();
  }

  protected override at(t: number, initial: number, k: number): number {
    return initial * this.#factors[k]!(t);
  }
}

/**
 * Multiplies the rate at each step by a function of the steps.
 *
 * Equation: lr <- lr lambda(t)
 *
 * Throws: ArgumentError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiplicativeLR.html
 *
 * ```ts
 * import { Parameter, zeros } from '@tapegrad/core';
 * import { MultiplicativeLR, SGD } from '@tapegrad/optim';
 *
 * const optimizer = new SGD([new Parameter(zeros([1]))], { lr: 1 });
 * const scheduler = new MultiplicativeLR(optimizer, (t) => (t < 3 ? 0.5 : 1));
 * for (let step = 0; step < 5; step++) scheduler.step();
 * console.log(scheduler.getLastLr()); // [ 0.25 ]
 * ```
 */
export class MultiplicativeLR extends LRScheduler {
  readonly #factors: readonly Factor[];

  constructor(optimizer: Optimizer, lambda: Factor | readonly Factor[]) {
    super('MultiplicativeLR', optimizer);
    this.#factors = factorsOf(this.name, optimizer, lambda);
    this.start();
  }

  protected override at(t: number, initial: number, k: number): number {
    let lr = initial;
    for (let step = 1; step <= t; step++) lr *= this.#factors[k]!(step);
    return lr;
  }

  protected override next(lr: number, t: number, _: number, k: number): number {
    return t === 0 ? lr : lr * this.#factors[k]!(t);
  }
}

function factorsOf(name: string, optimizer: Optimizer, lambda: Factor | readonly Factor[]): readonly Factor[] {
  const count = optimizer.paramGroups.length;
  const list = typeof lambda === 'function' ? new Array<Factor>(count).fill(lambda) : lambda;
  if (!Array.isArray(list) || list.length !== count || !list.every((factor) => typeof factor === 'function')) {
    throw new ArgumentError(
      `${name}: expected a function of the steps, or one for each of the ${count} groups; given ${show(lambda)}`,
    );
  }
  return list;
}
