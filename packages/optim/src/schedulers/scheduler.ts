/**
 * What all schedulers share. A scheduler counts steps and sets the learning rate of each group of an optimizer.
 *
 * Most have two forms. `at` gives the rate after t steps from the group's initial rate; `next` gives it from the rate
 * there is, so that schedulers can be chained, and a rate that somebody set by hand stays in effect. Where a scheduler has
 * only `at`, it decides alone.
 */

import { ArgumentError } from '@tapegrad/core';
import { Optimizer, type ParamGroup } from '../optimizer.ts';
import { show } from '../options.ts';

/** What `stateDict` of a scheduler holds: plain numbers, strings, booleans, null, and lists and records of them. */
export type SchedulerState = Readonly<Record<string, unknown>>;

/** What has steps to count: schedulers, and those that schedulers are made of. */
export interface Steps {
  /** Counts one step: call it after the optimizer's. */
  step(): void;
  /** The learning rate of each group, as the last step set it. */
  getLastLr(): number[];
  stateDict(): SchedulerState;
  loadStateDict(state: SchedulerState): void;
}

/**
 * The base of schedulers whose rate follows from the number of steps.
 *
 * To write one: give `at`, and `next` if it can be chained. Throws: ArgumentError for something that is no optimizer.
 * Source: PyTorch, https://docs.pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate
 *
 * ```ts
 * import { Parameter, zeros } from '@tapegrad/core';
 * import { LRScheduler, SGD } from '@tapegrad/optim';
 *
 * // lr = initial / (1 + t)
 * class InverseTimeLR extends LRScheduler {
 *   protected override at(t: number, initial: number): number {
 *     return initial / (1 + t);
 *   }
 * }
 *
 * const optimizer = new SGD([new Parameter(zeros([1]))], { lr: 1 });
 * const scheduler = new InverseTimeLR('InverseTimeLR', optimizer).start();
 * scheduler.step();
 * console.log(scheduler.getLastLr()); // [ 0.5 ]
 * ```
 */
export abstract class LRScheduler implements Steps {
  /** For messages: class names do not survive minifiers. */
  readonly name: string;
  readonly optimizer: Optimizer;
  /** Steps so far. */
  #steps = 0;

  constructor(name: string, optimizer: Optimizer) {
    if (!(optimizer instanceof Optimizer))
      throw new ArgumentError(`${name}: expected an optimizer as the first argument; given ${show(optimizer)}`);
    this.name = name;
    this.optimizer = optimizer;
    for (const group of groupsOf(optimizer)) if (!initial.has(group)) initial.set(group, group.lr);
  }

  /** The rate of group `k` after t steps, from its initial rate. */
  protected abstract at(t: number, initial: number, k: number): number;

  /** The rate of group `k` after step t, from the rate before it. */
  protected next(_lr: number, t: number, initial: number, k: number): number {
    return this.at(t, initial, k);
  }

  /** The rate of group `k` at the start, from what is set. */
  protected first(lr: number, initial: number, k: number): number {
    return this.next(lr, 0, initial, k);
  }

  /** What else a scheduler sets of a group after t steps, such as its momentum. */
  protected apply(_t: number, _group: ParamGroup, _k: number): void {}

  /** Sets the rates of the start. Constructors call it last; `SequentialLR` calls it again. */
  start(): this {
    this.#steps = 0;
    this.#set((group, k) => this.first(group.lr, initial.get(group)!, k));
    return this;
  }

  step(): void {
    const t = ++this.#steps;
    this.#set((group, k) => this.next(group.lr, t, initial.get(group)!, k));
  }

  /** As if t steps had been made, whatever the rates are now. */
  jump(t: number): void {
    this.#steps = t;
    this.#set((group, k) => this.at(t, initial.get(group)!, k));
  }

  getLastLr(): number[] {
    return groupsOf(this.optimizer).map(({ lr }) => lr);
  }

  /** Steps, and each group's initial rate. The rates themselves are in the optimizer's state dict. */
  stateDict(): SchedulerState {
    return { steps: this.#steps, initialLrs: groupsOf(this.optimizer).map((group) => initial.get(group)!) };
  }

  /** Continues where a state dict was saved; load the optimizer's too. Throws: ArgumentError where it does not fit. */
  loadStateDict(state: SchedulerState): void {
    const { steps, initialLrs } = state;
    const groups = groupsOf(this.optimizer);
    const fits = Array.isArray(initialLrs) && initialLrs.length === groups.length && initialLrs.every(Number.isFinite);
    if (!Number.isInteger(steps) || (steps as number) < 0 || !fits) {
      throw new ArgumentError(
        `${this.name}: expected a state dict with steps and the initial rates of ${groups.length} groups; given ${show(state)}`,
      );
    }
    this.#steps = steps as number;
    groups.forEach((group, k) => {
      initial.set(group, (initialLrs as number[])[k]!);
    });
  }

  #set(rate: (group: ParamGroup, k: number) => number): void {
    for (const [k, group] of groupsOf(this.optimizer).entries()) {
      group.lr = rate(group, k);
      this.apply(this.#steps, group, k);
    }
  }
}

/** The rates that groups had before any scheduler changed them. */
const initial = new WeakMap<ParamGroup, number>();

/** Sets each group back to the rate that it had before any scheduler changed it. */
export function resetRates(optimizer: Optimizer): void {
  for (const group of groupsOf(optimizer)) group.lr = initial.get(group) ?? group.lr;
}

export function groupsOf(optimizer: Optimizer): ParamGroup[] {
  return optimizer.paramGroups as ParamGroup[];
}

/** A number for all groups, or a list with one for each. Throws: ArgumentError where the list has another length. */
export function forEachGroup(
  name: string,
  option: string,
  optimizer: Optimizer,
  value: number | readonly number[],
): number[] {
  const count = optimizer.paramGroups.length;
  const list = typeof value === 'number' ? new Array<number>(count).fill(value) : [...value];
  if (list.length !== count || !list.every(Number.isFinite)) {
    throw new ArgumentError(
      `${name}: ${option} must be a number, or one for each of the ${count} groups; given ${show(value)}`,
    );
  }
  return list;
}

/** Throws: ArgumentError unless a whole number of at least `least`. */
export function checkCount(name: string, option: string, value: number, least = 1): number {
  if (!Number.isInteger(value) || value < least)
    throw new ArgumentError(`${name}: ${option} must be a whole number of at least ${least}; given ${show(value)}`);
  return value;
}

/** Throws: ArgumentError unless a finite number. */
export function checkFinite(name: string, option: string, value: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new ArgumentError(`${name}: ${option} must be a number; given ${show(value)}`);
  return value;
}
