/**
 * What all optimizers share: parameter groups, state, and its state dict.
 *
 * An optimizer gives one update: a scalar program that overwrites a parameter and its state in place. Parameters that
 * have the same program and the same numbers are updated at once.
 */

import { ArgumentError, GradientError, keep, type scalar, Tensor, updateAllInPlace, zerosLike } from '@tapegrad/core';
import { fillIn, type Given, type OptimizerOptions, show } from './options.ts';
import { type OptimizerState, type ParameterState, readState, type StateLayout, saveState } from './state-dict.ts';

/** Parameters that share their options. All options may be changed between steps, as schedulers do with `lr`. */
export type ParamGroup<Options extends OptimizerOptions = OptimizerOptions> = Options & { readonly params: Tensor[] };

/** A group as a caller gives it: what it leaves out comes from the optimizer's own options. */
export type GivenGroup<Options extends OptimizerOptions> = Given<Options> & { readonly params: Iterable<Tensor> };

/** Parameters, or groups of them with options of their own. */
export type OptimizerParams<Options extends OptimizerOptions> = Iterable<Tensor> | Iterable<GivenGroup<Options>>;

/** What overwrites a parameter: a program, the tensors that it takes, and its numbers (`uniforms`). */
export type Update = readonly [program: scalar.Program, tensors: readonly Tensor[], uniforms: readonly number[]];

/**
 * The base of all optimizers. `Options` are those of a group, `State` is what a parameter keeps from step to step.
 *
 * To write one: pass a name, the parameters and all options with their values to `super`; say in `checkOptions` which
 * values are refused, in `stateLayout` what the state holds, and in `update` what changes a parameter.
 *
 * Throws: ArgumentError for an empty list, for something that is not a parameter, for a parameter that is given twice,
 * and for options that are unknown or out of range; GradientError for a tensor that an operation made.
 *
 * Source: PyTorch, https://docs.pytorch.org/docs/stable/optim.html
 *
 * ```ts
 * import { Parameter, scalar, type Tensor, tensor } from '@tapegrad/core';
 * import { Optimizer, type OptimizerParams, type ParamGroup, type Update } from '@tapegrad/optim';
 *
 * // p <- p - lr sign(g)
 * const { program, sub, mul, sign, uniform } = scalar;
 * const SIGN_STEP = program('SignSGD', (p, g) => [sub(p, mul(uniform(0), sign(g)))], { into: [0] });
 *
 * class SignSGD extends Optimizer<{ lr: number }> {
 *   constructor(params: OptimizerParams<{ lr: number }>, lr = 0.1) {
 *     super('SignSGD', params, { lr });
 *   }
 *   protected override update(param: Tensor, grad: Tensor, { lr }: ParamGroup): Update {
 *     return [SIGN_STEP, [param, grad], [lr]];
 *   }
 * }
 *
 * const w = new Parameter(tensor([1, -2]));
 * const optimizer = new SignSGD([w]);
 * w.square().sum().backward();
 * optimizer.step();
 * console.log(w); // tensor([ 0.9000, -1.9000], requiresGrad=true)
 * ```
 */
export abstract class Optimizer<
  Options extends OptimizerOptions = OptimizerOptions,
  State extends ParameterState = ParameterState,
> {
  /** For messages: class names do not survive minifiers. */
  readonly name: string;
  /** The options that groups start from. */
  readonly defaults: Readonly<Options>;
  /** In the order in which they were given. */
  readonly paramGroups: ParamGroup<Options>[] = [];
  /** What each parameter keeps; it has no entry before its first step. */
  protected readonly state: Map<Tensor, State> = new Map();

  constructor(name: string, params: OptimizerParams<Options>, options: Options) {
    this.name = name;
    this.defaults = options;
    this.checkOptions(options);
    const given = listOf(name, params);
    if (given.length === 0) {
      throw new ArgumentError(`${name}: there is nothing to optimize: the list of parameters is empty`);
    }
    const groups = given.some((entry) => entry instanceof Tensor) ? [{ params: given }] : given;
    for (const group of groups) this.addParamGroup(group as GivenGroup<Options>);
  }

  /** What will change one parameter, and its state, in place. Called for each parameter that has a gradient. */
  protected abstract update(param: Tensor, grad: Tensor, group: ParamGroup<Options>): Update;

  /** Throws: ArgumentError for values that make no sense. Runs inside the constructor, so it cannot use fields of a subclass. */
  protected checkOptions(_options: Options): void {}

  /** What the state of a parameter holds, by PyTorch's names. */
  protected stateLayout(): StateLayout {
    return {};
  }

  /** Adds parameters, for instance of layers that start to be trained later. Throws: as the constructor. */
  addParamGroup(group: GivenGroup<Options>): void {
    const { params: given, ...own } = checkGroup(this.name, group) as { readonly params: Iterable<Tensor> };
    const options = fillIn<Options>(this.name, this.defaults, own);
    this.checkOptions(options);
    const params = listOf(this.name, given) as Tensor[];
    if (params.length === 0) {
      throw new ArgumentError(`${this.name}: group ${this.paramGroups.length} has no parameters`);
    }
    const seen = new Set(this.paramGroups.flatMap((known) => known.params));
    params.forEach((param, i) => {
      checkParam(this.name, param, i);
      if (seen.has(param)) {
        throw new ArgumentError(
          `${this.name}: parameter ${i} of group ${this.paramGroups.length} is given twice: each parameter belongs to one group, once`,
        );
      }
      seen.add(param);
    });
    this.paramGroups.push({ ...options, params });
  }

  /** Empties the gradients of all parameters: `grad` is null until the next backward pass. */
  zeroGrad(): void {
    for (const { params } of this.paramGroups) for (const param of params) param.zeroGrad();
  }

  /** Updates every parameter that has a gradient; the others, and their state, stay as they are. */
  step(): void {
    for (const group of this.paramGroups) {
      let alike: Update[] = [];
      for (const param of group.params) {
        if (!param.grad) continue;
        const update = this.update(param, param.grad, group);
        if (!isAlike(update, alike[0] ?? update)) {
          run(alike);
          alike = [];
        }
        alike.push(update);
      }
      run(alike);
    }
  }

  /**
   * State and options in PyTorch's layout: `state` by the parameter's number (counted over all groups), `param_groups`
   * with the options and these numbers. A snapshot: later steps do not change it.
   */
  stateDict(): OptimizerState {
    return saveState(this.paramGroups, this.defaults, this.state);
  }

  /**
   * Continues where a state dict was saved: the steps that follow are bitwise those that would have followed there.
   * Takes over state and options (also `lr`); copies the tensors, to their parameter's dtype and device.
   *
   * Throws: ArgumentError where groups, options or state are not those of this optimizer, ShapeError where a tensor does
   * not have its parameter's shape, DeviceError where it is on another device, which cannot be read without waiting.
   * Then nothing has changed.
   */
  loadStateDict(stateDict: OptimizerState): void {
    const { options, state } = readState<Options>(
      this.name,
      stateDict,
      this.paramGroups,
      this.defaults,
      this.stateLayout(),
    );
    for (const group of options) this.checkOptions(group);
    this.paramGroups.forEach((group, i) => {
      Object.assign(group, options[i]);
    });
    this.state.clear();
    for (const [param, values] of state) this.state.set(param, values as State);
  }
}

/** Updates of the same program and numbers. */
function run(updates: readonly Update[]): void {
  const [first] = updates;
  if (!first) return;
  const [program, , uniforms] = first;
  updateAllInPlace(
    program,
    updates.map(([, tensors]) => tensors),
    uniforms,
  );
}

function isAlike([program, , uniforms]: Update, [other, , others]: Update): boolean {
  return program === other && uniforms.every((number, k) => number === others[k]);
}

/** Zeros for a parameter's state; no block or graph takes them back. */
export function stateLike(param: Tensor): Tensor {
  return keep(zerosLike(param));
}

function listOf(name: string, params: unknown): unknown[] {
  if (params instanceof Tensor) {
    throw new ArgumentError(`${name}: expected a list of parameters; given one tensor: put it into an array`);
  }
  if (params === null || typeof params !== 'object' || !(Symbol.iterator in params)) {
    throw new ArgumentError(
      `${name}: expected a list of parameters, such as model.parameters(), or of groups { params, ... }; given ${show(params)}`,
    );
  }
  return [...(params as Iterable<unknown>)];
}

function checkGroup<Group>(name: string, group: Group): Group {
  if (group === null || typeof group !== 'object' || group instanceof Tensor || !('params' in group)) {
    throw new ArgumentError(
      `${name}: expected a parameter, or a group { params, ... }; given ${group instanceof Tensor ? 'a tensor' : show(group)}`,
    );
  }
  return group;
}

function checkParam(name: string, param: unknown, i: number): void {
  if (!(param instanceof Tensor)) {
    throw new ArgumentError(`${name}: expected a parameter at position ${i}; given ${show(param)}`);
  }
  if (!param.isLeaf) {
    throw new GradientError(
      `${name}: expected a leaf at position ${i}; given a tensor made by ${param.node!.op.name}: only leaves, such as a Parameter, can be optimized`,
    );
  }
  if (param.dtype !== 'f32' && param.dtype !== 'f64') {
    throw new ArgumentError(`${name}: expected floats at position ${i}; given ${param.dtype}`);
  }
}
