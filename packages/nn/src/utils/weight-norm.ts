/** Weight normalisation: a length and a direction in the place of a weight. */

import { ArgumentError, assign, IndexError, noGrad, norm, Parameter, readInstead, type Tensor } from '@tapegrad/core';
import type { Module } from '../module.ts';

/** What is normalised, and along which dimension. */
export interface WeightNormOptions {
  /** The parameter's key: `weight`, `weight_hh_l0`. Default: `weight`. */
  readonly name?: string | undefined;
  /** The dimension whose slices have a length each; null for one length of all. Default: 0. */
  readonly dim?: number | null | undefined;
}

/** A weight of a module that is computed. */
interface Normalised {
  readonly weight: Parameter;
  readonly compute: () => Tensor;
  readonly undo: () => void;
}

const normalised = new WeakMap<Module, Map<string, Normalised>>();

/**
 * Learns the length and the direction of a weight apart: the parameters `weight_g` and `weight_v` stand for `weight`, which
 * each `forward` computes from them. Any parameter of any module, such as `weight_hh_l0` of an LSTM. The keys of the state
 * dict are those of PyTorch's `torch.nn.utils.weight_norm`; the newer `parametrizations.weight_norm` has the same
 * numbers under `parametrizations.weight.original0` and `original1`. Make the optimizer afterwards. Returns the module.
 *
 * Equation: w = g v / |v|, the 2-norm over all dimensions but `dim`
 *
 * Shapes: v as w; g as w, with size 1 in all dimensions but `dim`, or [] for `dim: null`.
 *
 * Throws: ArgumentError where there is no such parameter or it is normalised already; IndexError for another dimension.
 *
 * Source: Salimans & Kingma 2016, https://arxiv.org/abs/1602.07868;
 * https://pytorch.org/docs/stable/generated/torch.nn.utils.weight_norm.html
 *
 * ```ts
 * import { ones } from '@tapegrad/core';
 * import { Linear, weightNorm } from '@tapegrad/nn';
 *
 * const layer = weightNorm(new Linear(20, 40));
 * console.log(layer.namedParameters().map(([name, { shape }]) => [name, ...shape].join(' '))); // [ 'bias 40', 'weight_g 40 1', 'weight_v 40 20' ]
 * console.log(layer.forward(ones([2, 20])).shape); // [ 2, 40 ]
 * ```
 */
export function weightNorm<M extends Module>(module: M, { name = 'weight', dim = 0 }: WeightNormOptions = {}): M {
  const known = normalised.get(module) ?? new Map<string, Normalised>();
  if (known.has(name)) throw new ArgumentError(`weightNorm: ${name} is normalised already; removeWeightNorm undoes it`);
  const weight = module.namedParameters({ recurse: false }).find(([key]) => key === name)?.[1];
  if (!weight) {
    const names = module.namedParameters({ recurse: false }).map(([key]) => key);
    throw new ArgumentError(
      `weightNorm: there is no ${name} in ${module.constructor.name}; there are ${names.join(', ')}`,
    );
  }
  const lengths = (v: Tensor): Tensor => lengthsOf(v, dim);
  const [g, v] = noGrad(() => [new Parameter(lengths(weight)), new Parameter(weight.detach().mul(1))]);
  const undo = module.replaceParameter(name, { [`${name}_g`]: g, [`${name}_v`]: v });
  known.set(name, { weight, compute: () => v.mul(g.div(lengths(v))), undo });
  if (!normalised.has(module)) computeFirst(module, known);
  normalised.set(module, known);
  return module;
}

/**
 * Puts the weight back in the place of its length and direction, with the value that it has. Returns the module.
 *
 * Throws: ArgumentError where `weightNorm` was not called with that name.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.remove_weight_norm.html
 *
 * ```ts
 * import { Linear, removeWeightNorm, weightNorm } from '@tapegrad/nn';
 *
 * const layer = removeWeightNorm(weightNorm(new Linear(2, 3)));
 * console.log([...layer.stateDict().keys()]); // [ 'weight', 'bias' ]
 * ```
 */
export function removeWeightNorm<M extends Module>(module: M, { name = 'weight' }: WeightNormOptions = {}): M {
  const known = normalised.get(module);
  const found = known?.get(name);
  if (!known || !found) {
    throw new ArgumentError(
      `removeWeightNorm: ${name} of ${module.constructor.name} is not normalised; weightNorm does that`,
    );
  }
  assign(found.weight, noGrad(found.compute));
  found.undo();
  known.delete(name);
  if (known.size === 0) {
    normalised.delete(module);
    delete (module as { forward?: unknown }).forward; // that of the class
  }
  return module;
}

/** The 2-norm of each slice along `dim`. */
function lengthsOf(v: Tensor, dim: number | null): Tensor {
  if (dim === null) return norm(v);
  if (!Number.isInteger(dim) || dim < -v.rank || dim >= v.rank)
    throw new IndexError(`weightNorm: dimension ${dim} is out of range for a weight of rank ${v.rank}`);
  const others = [...v.shape.keys()].filter((d) => d !== (dim + v.rank) % v.rank);
  return others.length > 0 ? norm(v, { dim: others, keepdim: true }) : v.abs();
}

/** Lets `forward` read what is computed. */
function computeFirst(module: Module, known: ReadonlyMap<string, Normalised>): void {
  const forward = module.forward as (...inputs: unknown[]) => unknown;
  const computing = (...inputs: unknown[]): unknown => {
    const weights = new Map([...known.values()].map(({ weight, compute }) => [weight, compute()]));
    return readInstead(weights, () => forward.apply(module, inputs));
  };
  Object.defineProperty(module, 'forward', { value: computing, configurable: true, writable: true });
}
