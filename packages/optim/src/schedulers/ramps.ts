/** Schedulers that go from one factor to another: straight, by a power, along a cosine. t counts steps. */

import { ArgumentError } from '@tapegrad/core';
import type { Optimizer } from '../optimizer.ts';
import { show } from '../options.ts';
import { checkCount, checkFinite, LRScheduler } from './scheduler.ts';

/** Options of `ConstantLR`. */
export interface ConstantLROptions {
  /** What the rate is multiplied by meanwhile, 0 to 1. Default: 1 / 3. */
  readonly factor?: number | undefined;
  /** For how many steps. Default: 5. */
  readonly totalIters?: number | undefined;
}

/**
 * A factor for the first steps, 1 after them.
 *
 * Equation: lr = initial factor where t < totalIters, else initial
 *
 * Throws: ArgumentError. Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ConstantLR.html
 *
 * ```ts
 * import { Parameter, zeros } from '@tapegrad/core';
 * import { ConstantLR, SGD } from '@tapegrad/optim';
 *
 * const optimizer = new SGD([new Parameter(zeros([1]))], { lr: 1 });
 * const scheduler = new ConstantLR(optimizer, { factor: 0.5, totalIters: 1 });
 * const before = scheduler.getLastLr();
 * scheduler.step();
 * console.log(before, scheduler.getLastLr()); // [ 0.5 ] [ 1 ]
 * ```
 */
export class ConstantLR extends LRScheduler {
  readonly #factor: number;
  readonly #totalIters: number;

  constructor(optimizer: Optimizer, { factor = 1 / 3, totalIters = 5 }: ConstantLROptions = {}) {
    super('ConstantLR', optimizer);
    this.#factor = checkPart(this.name, 'factor', factor);
    this.#totalIters = checkCount(this.name, 'totalIters', totalIters, 0);
    this.start();
  }

  protected override at(t: number, initial: number): number {
    return t < this.#totalIters ? initial * this.#factor : initial;
  }

  protected override next(lr: number, t: number, initial: number): number {
    if (t !== this.#totalIters || t === 0) return lr;
    return this.#factor === 0 ? initial : lr / this.#factor;
  }

  protected override first(lr: number): number {
    return lr * this.#factor;
  }
}

/** Options of `LinearLR`. */
export interface LinearLROptions {
  /** The factor at the start, above 0. Default: 1 / 3. */
  readonly startFactor?: number | undefined;
  /** The factor at the end, 0 to 1. Default: 1. */
  readonly endFactor?: number | undefined;
  /** Steps to the end. Default: 5. */
  readonly totalIters?: number | undefined;
}

/**
 * A factor that goes straight from one value to another, for warming up or cooling down.
 *
 * Equation: lr = initial (start + (end - start) min(t, totalIters) / totalIters)
 *
 * Throws: ArgumentError. Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html
 *
 * ```ts
 * import { Parameter, zeros } from '@tapegrad/core';
 * import { LinearLR, SGD } from '@tapegrad/optim';
 *
 * const optimizer = new SGD([new Parameter(zeros([1]))], { lr: 1 });
 * const scheduler = new LinearLR(optimizer, { startFactor: 0.5, totalIters: 2 });
 * scheduler.step();
 * console.log(scheduler.getLastLr()); // [ 0.75 ]
 * ```
 */
export class LinearLR extends LRScheduler {
  readonly #start: number;
  readonly #end: number;
  readonly #totalIters: number;

  constructor(optimizer: Optimizer, { startFactor = 1 / 3, endFactor = 1, totalIters = 5 }: LinearLROptions = {}) {
    super('LinearLR', optimizer);
    this.#start = checkPart(this.name, 'startFactor', startFactor);
    if (startFactor === 0) throw new ArgumentError(`${this.name}: startFactor must be above 0; given 0`);
    this.#end = checkPart(this.name, 'endFactor', endFactor);
    this.#totalIters = checkCount(this.name, 'totalIters', totalIters);
    this.start();
  }

  #factor(t: number): number {
    return this.#start + ((this.#end - this.#start) * Math.min(t, this.#totalIters)) / this.#totalIters;
  }

  protected override at(t: number, initial: number): number {
    return initial * this.#factor(t);
  }

  protected override next(lr: number, t: number): number {
    return t > this.#totalIters ? lr : (lr * this.#factor(t)) / this.#factor(t - 1);
  }

  protected override first(lr: number): number {
    return lr * this.#start;
  }
}

/** Options of `PolynomialLR`. */
export interface PolynomialLROptions {
  /** Steps until the rate is 0. Default: 5. */
  readonly totalIters?: number | undefined;
  /** Default: 1. */
  readonly power?: number | undefined;
}

/**
 * Down to 0 by a power of the steps that are left.
 *
 * Equation: lr = initial (1 - min(t, totalIters) / totalIters)^power
 *
 * Throws: ArgumentError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.PolynomialLR.html
 *
 * ```ts
 * import { Parameter, zeros } from '@tapegrad/core';
 * import { PolynomialLR, SGD } from '@tapegrad/optim';
 *
 * const optimizer = new SGD([new Parameter(zeros([1]))], { lr: 1 });
 * const scheduler = new PolynomialLR(optimizer, { totalIters: 2, power: 2 });
 * scheduler.step();
 * console.log(scheduler.getLastLr()); // [ 0.25 ]
 * ```
 */
export class PolynomialLR extends LRScheduler {
  readonly #totalIters: number;
  readonly #power: number;

  constructor(optimizer: Optimizer, { totalIters = 5, power = 1 }: PolynomialLROptions = {}) {
    super('PolynomialLR', optimizer);
    this.#totalIters = checkCount(this.name, 'totalIters', totalIters);
    this.#power = checkFinite(this.name, 'power', power);
    this.start();
  }

  protected override at(t: number, initial: number): number {
    return initial * (1 - Math.min(t, this.#totalIters) / this.#totalIters) ** this.#power;
  }

  protected override next(lr: number, t: number): number {
    if (t === 0 || t > this.#totalIters) return lr;
    const left = this.#totalIters - t;
    return lr * (left / (left + 1)) ** this.#power;
  }
}

/** Options of `CosineAnnealingLR`. */
export interface CosineAnnealingLROptions {
  /** Steps from the initial rate to the lowest: half a period. */
  readonly tMax: number;
  /** The lowest rate. Default: 0. */
  readonly etaMin?: number | undefined;
}

/**
 * Along a cosine to the lowest rate, and back, and so on.
 *
 * Equation: lr = etaMin + (initial - etaMin) (1 + cos(pi t / tMax)) / 2
 *
 * Throws: ArgumentError. Source: Loshchilov & Hutter 2017, https://arxiv.org/abs/1608.03983;
 * https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html
 *
 * ```ts
 * import { Parameter, zeros } from '@tapegrad/core';
 * import { CosineAnnealingLR, SGD } from '@tapegrad/optim';
 *
 * const optimizer = new SGD([new Parameter(zeros([1]))], { lr: 1 });
 * const scheduler = new CosineAnnealingLR(optimizer, { tMax: 2, etaMin: 0.5 });
 * scheduler.step();
 * console.log(scheduler.getLastLr()); // [ 0.75 ]
 * ```
 */
export class CosineAnnealingLR extends LRScheduler {
  readonly #tMax: number;
  readonly #etaMin: number;

  constructor(optimizer: Optimizer, { tMax, etaMin = 0 }: CosineAnnealingLROptions) {
    super('CosineAnnealingLR', optimizer);
    this.#tMax = checkCount(this.name, 'tMax', tMax);
    this.#etaMin = checkFinite(this.name, 'etaMin', etaMin);
    this.start();
  }

  #height(t: number): number {
    return (1 + Math.cos((Math.PI * t) / this.#tMax)) / 2;
  }

  protected override at(t: number, initial: number): number {
    return this.#etaMin + (initial - this.#etaMin) * this.#height(t);
  }

  protected override next(lr: number, t: number, initial: number): number {
    if (t === 0) return lr;
    const isLowest = (t - 1) % (2 * this.#tMax) === this.#tMax; // there a factor says nothing
    if (isLowest) return lr + (initial - this.#etaMin) * this.#height(t);
    return this.#etaMin + ((lr - this.#etaMin) * this.#height(t)) / this.#height(t - 1);
  }
}

/** Options of `CosineAnnealingWarmRestarts`. */
export interface WarmRestartsOptions {
  /** Steps to the first restart. */
  readonly t0: number;
  /** How much longer each stretch is than the one before. Default: 1. */
  readonly tMult?: number | undefined;
  /** The lowest rate. Default: 0. */
  readonly etaMin?: number | undefined;
}

/**
 * Along a cosine to the lowest rate, then from the initial rate again.
 *
 * Equation: lr = etaMin + (initial - etaMin) (1 + cos(pi s / T)) / 2, s steps after the last restart, T to the next one
 *
 * Throws: ArgumentError. Source: Loshchilov & Hutter 2017, https://arxiv.org/abs/1608.03983;
 * https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.html
 *
 * ```ts
 * import { Parameter, zeros } from '@tapegrad/core';
 * import { CosineAnnealingWarmRestarts, SGD } from '@tapegrad/optim';
 *
 * const optimizer = new SGD([new Parameter(zeros([1]))], { lr: 1 });
 * const scheduler = new CosineAnnealingWarmRestarts(optimizer, { t0: 3, tMult: 2 });
 * for (let step = 0; step < 3; step++) scheduler.step();
 * console.log(scheduler.getLastLr()); // [ 1 ]
 * ```
 */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  readonly #t0: number;
  readonly #tMult: number;
  readonly #etaMin: number;

  constructor(optimizer: Optimizer, { t0, tMult = 1, etaMin = 0 }: WarmRestartsOptions) {
    super('CosineAnnealingWarmRestarts', optimizer);
    this.#t0 = checkCount(this.name, 't0', t0);
    this.#tMult = checkCount(this.name, 'tMult', tMult);
    this.#etaMin = checkFinite(this.name, 'etaMin', etaMin);
    this.start();
  }

  protected override at(t: number, initial: number): number {
    let [since, length] = [t, this.#t0];
    if (this.#tMult === 1) since %= length;
    else {
      while (since >= length) {
        since -= length;
        length *= this.#tMult;
      }
    }
    return this.#etaMin + ((initial - this.#etaMin) * (1 + Math.cos((Math.PI * since) / length))) / 2;
  }
}

/** Options of `CosineWithWarmupLR`. */
export interface CosineWithWarmupOptions {
  /** Steps from 0 to the initial rate. */
  readonly warmupSteps: number;
  /** Steps in all, the warm-up included. */
  readonly totalSteps: number;
  /** The rate at the end, as a part of the initial one, 0 to 1. Default: 0. */
  readonly endFactor?: number | undefined;
}

/**
 * Straight up from 0, then down along half a cosine: what language models are trained with.
 *
 * Equation: lr = initial t / warmupSteps, then initial (end + (1 - end) (1 + cos(pi s)) / 2), s from 0 to 1 after it
 *
 * Throws: ArgumentError. Source: `get_cosine_schedule_with_warmup`,
 * https://huggingface.co/docs/transformers/main_classes/optimizer_schedules
 *
 * ```ts
 * import { Parameter, zeros } from '@tapegrad/core';
 * import { AdamW, CosineWithWarmupLR } from '@tapegrad/optim';
 *
 * const optimizer = new AdamW([new Parameter(zeros([1]))], { lr: 1 });
 * const scheduler = new CosineWithWarmupLR(optimizer, { warmupSteps: 2, totalSteps: 4 });
 * const rates = scheduler.getLastLr();
 * for (let step = 0; step < 4; step++) {
 *   scheduler.step();
 *   rates.push(...scheduler.getLastLr());
 * }
 * console.log(rates); // [ 0, 0.5, 1, 0.5, 0 ]
 * ```
 */
export class CosineWithWarmupLR extends LRScheduler {
  readonly #warmupSteps: number;
  readonly #totalSteps: number;
  readonly #endFactor: number;

  constructor(optimizer: Optimizer, { warmupSteps, totalSteps, endFactor = 0 }: CosineWithWarmupOptions) {
    super('CosineWithWarmupLR', optimizer);
    this.#warmupSteps = checkCount(this.name, 'warmupSteps', warmupSteps, 0);
    this.#totalSteps = checkCount(this.name, 'totalSteps', totalSteps, warmupSteps + 1);
    this.#endFactor = checkPart(this.name, 'endFactor', endFactor);
    this.start();
  }

  protected override at(t: number, initial: number): number {
    if (t < this.#warmupSteps) return (initial * t) / this.#warmupSteps;
    const way = Math.min(1, (t - this.#warmupSteps) / (this.#totalSteps - this.#warmupSteps));
    return initial * (this.#endFactor + ((1 - this.#endFactor) * (1 + Math.cos(Math.PI * way))) / 2);
  }
}

function checkPart(name: string, option: string, value: number): number {
  if (!(value >= 0 && value <= 1))
    throw new ArgumentError(`${name}: ${option} must be a number from 0 to 1; given ${show(value)}`);
  return value;
}
