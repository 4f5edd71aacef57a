/** Schedulers that raise the rate and lower it again, and move the momentum the other way. t counts steps. */

import { ArgumentError } from '@tapegrad/core';
import type { Optimizer, ParamGroup } from '../optimizer.ts';
import { show } from '../options.ts';
import { checkCount, checkFinite, forEachGroup, groupsOf, LRScheduler } from './scheduler.ts';

/** Options that cycles share. */
export interface MomentumCycle {
  /** Moves the momentum (of SGD) or the first beta (of Adam) against the rate. Default: true. */
  readonly cycleMomentum?: boolean | undefined;
  /** The lowest momentum; a list has one for each group. */
  readonly baseMomentum?: number | readonly number[] | undefined;
  /** The highest momentum; a list has one for each group. */
  readonly maxMomentum?: number | readonly number[] | undefined;
}

/** Options of `OneCycleLR`. */
export interface OneCycleLROptions extends MomentumCycle {
  /** The highest rate; a list has one for each group. */
  readonly maxLr: number | readonly number[];
  /** Steps in all; or `epochs` and `stepsPerEpoch`. */
  readonly totalSteps?: number | undefined;
  readonly epochs?: number | undefined;
  readonly stepsPerEpoch?: number | undefined;
  /** The part of all steps that goes up, 0 to 1. Default: 0.3. */
  readonly pctStart?: number | undefined;
  /** The way between two rates. Default: 'cos'. */
  readonly annealStrategy?: 'cos' | 'linear' | undefined;
  /** maxLr over the rate at the start. Default: 25. */
  readonly divFactor?: number | undefined;
  /** The rate at the start over that at the end. Default: 1e4. */
  readonly finalDivFactor?: number | undefined;
  /** Down to the first rate as fast as up, then to the last one. Default: false. */
  readonly threePhase?: boolean | undefined;
}

/** A stretch from one rate and momentum to others. */
interface Phase {
  /** The step at its end. */
  readonly end: number;
  readonly lr: readonly [from: Level, to: Level];
  readonly momentum: readonly [from: 'low' | 'high', to: 'low' | 'high'];
}
type Level = 'first' | 'top' | 'last';

/**
 * Up to a highest rate and down to far below the first one, once; momentum goes the other way (0.95 to 0.85 and back).
 * Ends with an error after `totalSteps` steps.
 *
 * Throws: ArgumentError. Source: Smith & Topin 2018, https://arxiv.org/abs/1708.07120;
 * https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html
 *
 * ```ts
 * import { Parameter, zeros } from '@tapegrad/core';
 * import { OneCycleLR, SGD } from '@tapegrad/optim';
 *
 * const optimizer = new SGD([new Parameter(zeros([1]))], { lr: 0.1, momentum: 0.9 });
 * const scheduler = new OneCycleLR(optimizer, { maxLr: 1, totalSteps: 10 });
 * scheduler.step();
 * scheduler.step();
 * console.log(scheduler.getLastLr(), optimizer.paramGroups[0]!.momentum); // [ 1 ] 0.85
 * ```
 */
export class OneCycleLR extends LRScheduler {
  readonly #total: number;
  readonly #levels: readonly Readonly<Record<Level, number>>[];
  readonly #phases: readonly Phase[];
  readonly #way: (from: number, to: number, part: number) => number;
  readonly #momentum: readonly MomentumRange[] | undefined;

  constructor(optimizer: Optimizer, options: OneCycleLROptions) {
    super('OneCycleLR', optimizer);
    const { maxLr, pctStart = 0.3, annealStrategy = 'cos', divFactor = 25, finalDivFactor = 1e4 } = options;
    this.#total = totalOf(this.name, options);
    if (!(pctStart >= 0 && pctStart <= 1))
      throw new ArgumentError(`${this.name}: pctStart must be a number from 0 to 1; given ${show(pctStart)}`);
    if (annealStrategy !== 'cos' && annealStrategy !== 'linear')
      throw new ArgumentError(`${this.name}: annealStrategy must be 'cos' or 'linear'; given ${show(annealStrategy)}`);
    this.#way = annealStrategy === 'cos' ? alongCosine : alongLine;
    this.#levels = forEachGroup(this.name, 'maxLr', optimizer, maxLr).map((top) => {
      const first = top / checkFinite(this.name, 'divFactor', divFactor);
      return { first, top, last: first / checkFinite(this.name, 'finalDivFactor', finalDivFactor) };
    });
    this.#phases = phasesOf(this.#total, pctStart, options.threePhase ?? false);
    this.#momentum = momentumOf(this.name, optimizer, options, 0.85, 0.95);
    this.start();
  }

  override step(): void {
    const { steps } = this.stateDict() as { steps: number };
    if (steps >= this.#total) {
      throw new ArgumentError(
        `${this.name}: step ${steps + 1} lies behind the ${this.#total} steps of the cycle: give a larger totalSteps`,
      );
    }
    super.step();
  }

  protected override at(t: number, _: number, k: number): number {
    const { phase, part } = this.#phaseAt(t);
    const [from, to] = phase.lr;
    return this.#way(this.#levels[k]![from], this.#levels[k]![to], part);
  }

  protected override apply(t: number, group: ParamGroup, k: number): void {
    const range = this.#momentum?.[k];
    if (!range) return;
    const { phase, part } = this.#phaseAt(t);
    const [from, to] = phase.momentum;
    setMomentum(group, this.#way(range[from], range[to], part));
  }

  #phaseAt(t: number): { readonly phase: Phase; readonly part: number } {
    let start = 0;
    for (const [k, phase] of this.#phases.entries()) {
      if (t <= phase.end || k === this.#phases.length - 1) return { phase, part: (t - start) / (phase.end - start) };
      start = phase.end;
    }
    throw new Error('a cycle has phases');
  }
}

function totalOf(name: string, { totalSteps, epochs, stepsPerEpoch }: OneCycleLROptions): number {
  if (totalSteps !== undefined) return checkCount(name, 'totalSteps', totalSteps);
  if (epochs === undefined || stepsPerEpoch === undefined)
    throw new ArgumentError(`${name}: expected totalSteps, or epochs and stepsPerEpoch; given neither`);
  return checkCount(name, 'epochs', epochs) * checkCount(name, 'stepsPerEpoch', stepsPerEpoch);
}

function phasesOf(total: number, part: number, three: boolean): Phase[] {
  const up: Phase = { end: part * total - 1, lr: ['first', 'top'], momentum: ['high', 'low'] };
  if (!three) return [up, { end: total - 1, lr: ['top', 'last'], momentum: ['low', 'high'] }];
  return [
    up,
    { end: 2 * part * total - 2, lr: ['top', 'first'], momentum: ['low', 'high'] },
    { end: total - 1, lr: ['first', 'last'], momentum: ['high', 'high'] },
  ];
}

const alongCosine = (from: number, to: number, part: number): number =>
  to + ((from - to) / 2) * (1 + Math.cos(Math.PI * part));
const alongLine = (from: number, to: number, part: number): number => from + (to - from) * part;

/** Options of `CyclicLR`. */
export interface CyclicLROptions extends MomentumCycle {
  /** The lowest rate; a list has one for each group. */
  readonly baseLr: number | readonly number[];
  /** The highest rate; a list has one for each group. */
  readonly maxLr: number | readonly number[];
  /** Steps up. Default: 2000. */
  readonly stepSizeUp?: number | undefined;
  /** Steps down. Default: as up. */
  readonly stepSizeDown?: number | undefined;
  /** Triangles of equal height, each half as high as the one before, or by `gamma` with every step. Default: 'triangular'. */
  readonly mode?: 'triangular' | 'triangular2' | 'exp_range' | undefined;
  /** For 'exp_range'. Default: 1. */
  readonly gamma?: number | undefined;
  /** In place of a mode: the height as a function of the cycle (from 1), or of the steps. */
  readonly scaleFn?: ((x: number) => number) | undefined;
  /** What `scaleFn` is a function of. Default: 'cycle'. */
  readonly scaleMode?: 'cycle' | 'iterations' | undefined;
}

/**
 * Up and down between two rates, in triangles; momentum goes the other way (0.9 to 0.8 and back).
 *
 * Throws: ArgumentError. Source: Smith 2017, https://arxiv.org/abs/1506.01186;
 * https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CyclicLR.html
 *
 * ```ts
 * import { Parameter, zeros } from '@tapegrad/core';
 * import { CyclicLR, SGD } from '@tapegrad/optim';
 *
 * const optimizer = new SGD([new Parameter(zeros([1]))], { lr: 0.1 });
 * const scheduler = new CyclicLR(optimizer, { baseLr: 0.5, maxLr: 1, stepSizeUp: 2, cycleMomentum: false });
 * scheduler.step();
 * console.log(scheduler.getLastLr()); // [ 0.75 ]
 * ```
 */
export class CyclicLR extends LRScheduler {
  readonly #base: readonly number[];
  readonly #top: readonly number[];
  readonly #up: number;
  readonly #total: number;
  readonly #scale: (t: number, cycle: number) => number;
  readonly #momentum: readonly MomentumRange[] | undefined;

  constructor(optimizer: Optimizer, options: CyclicLROptions) {
    super('CyclicLR', optimizer);
    const { baseLr, maxLr, stepSizeUp = 2000, stepSizeDown = stepSizeUp } = options;
    this.#base = forEachGroup(this.name, 'baseLr', optimizer, baseLr);
    this.#top = forEachGroup(this.name, 'maxLr', optimizer, maxLr);
    this.#up = checkCount(this.name, 'stepSizeUp', stepSizeUp);
    this.#total = this.#up + checkCount(this.name, 'stepSizeDown', stepSizeDown);
    this.#scale = scaleOf(this.name, options);
    this.#momentum = momentumOf(this.name, optimizer, options, 0.8, 0.9);
    this.start();
  }

  /** How high the triangle stands after t steps, 0 to 1, and its scale. */
  #height(t: number): number {
    const cycle = Math.floor(1 + t / this.#total);
    const x = 1 + t / this.#total - cycle;
    const ratio = this.#up / this.#total;
    return (x <= ratio ? x / ratio : (x - 1) / (ratio - 1)) * this.#scale(t, cycle);
  }

  protected override at(t: number, _: number, k: number): number {
    return this.#base[k]! + (this.#top[k]! - this.#base[k]!) * this.#height(t);
  }

  protected override apply(t: number, group: ParamGroup, k: number): void {
    const range = this.#momentum?.[k];
    if (range) setMomentum(group, range.high - (range.high - range.low) * this.#height(t));
  }
}

function scaleOf(
  name: string,
  { mode = 'triangular', gamma = 1, scaleFn, scaleMode = 'cycle' }: CyclicLROptions,
): (t: number, cycle: number) => number {
  if (scaleFn) return scaleMode === 'cycle' ? (_, cycle) => scaleFn(cycle) : (t) => scaleFn(t);
  if (mode === 'triangular') return () => 1;
  if (mode === 'triangular2') return (_, cycle) => 1 / 2 ** (cycle - 1);
  if (mode === 'exp_range') return (t) => gamma ** t;
  throw new ArgumentError(`${name}: mode must be 'triangular', 'triangular2' or 'exp_range'; given ${show(mode)}`);
}

interface MomentumRange {
  readonly low: number;
  readonly high: number;
}

type WithMomentum = ParamGroup & { momentum?: number; betas?: readonly [number, number] };

function momentumOf(
  name: string,
  optimizer: Optimizer,
  { cycleMomentum = true, baseMomentum, maxMomentum }: MomentumCycle,
  low: number,
  high: number,
): MomentumRange[] | undefined {
  if (!cycleMomentum) return undefined;
  const [group] = groupsOf(optimizer) as WithMomentum[];
  if (!('momentum' in group!) && !('betas' in group!)) {
    throw new ArgumentError(
      `${name}: ${optimizer.name} has neither momentum nor betas to cycle: give { cycleMomentum: false }`,
    );
  }
  const lows = forEachGroup(name, 'baseMomentum', optimizer, baseMomentum ?? low);
  const highs = forEachGroup(name, 'maxMomentum', optimizer, maxMomentum ?? high);
  return lows.map((from, k) => ({ low: from, high: highs[k]! }));
}

function setMomentum(group: WithMomentum, momentum: number): void {
  if (group.betas) group.betas = [momentum, group.betas[1]];
  else group.momentum = momentum;
}
