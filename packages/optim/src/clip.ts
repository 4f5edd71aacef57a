/** Keeping gradients small: by the norm of all of them together, or element by element. Between backward and step. */

import {
  ArgumentError,
  abs,
  add,
  amax,
  amin,
  clamp,
  DeviceError,
  div,
  GradientError,
  ne,
  noGrad,
  pow,
  scalar,
  scope,
  sqrt,
  square,
  stack,
  sum,
  Tensor,
  updateAllInPlace,
  zeros,
} from '@tapegrad/core';
import { show } from './options.ts';

export interface ClipGradNormOptions {
  /** p of the p-norm; Infinity for the largest absolute value, -Infinity for the smallest, 0 for how many are not 0. */
  readonly normType?: number | undefined;
  /** Reads the norm, and throws where it is not finite. Only on devices that can be read without waiting. */
  readonly errorIfNonfinite?: boolean | undefined;
}

/**
 * Scales all gradients by one factor, so that the norm of all of them together is at most maxNorm:
 *
 *     norm = (sum over all elements of |g|^p)^(1/p)
 *     g <- g min(1, maxNorm / (norm + 1e-6))
 *
 * Returns the norm before clipping, in units of the gradient: a tensor of shape [], 0 where there is no gradient. Nothing
 * is read: the factor stays on the device. A norm of NaN makes all gradients NaN, as in PyTorch.
 *
 * Throws: ArgumentError for a maxNorm below 0 or a normType that is no number; with errorIfNonfinite GradientError, and DeviceError on
 * a device that cannot be read without waiting. Gradients are then unchanged.
 *
 * Source: PyTorch, https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html; Pascanu et al. 2013,
 * https://arxiv.org/abs/1211.5063
 *
 * ```ts
 * import { Parameter, tensor } from '@tapegrad/core';
 * import { clipGradNorm } from '@tapegrad/optim';
 *
 * const w = new Parameter(tensor([1.5, 2]));
 * w.square().sum().backward(); // gradient [3, 4]
 * const norm = clipGradNorm([w], 1);
 * console.log(await norm.item()); // 5
 * console.log(w.grad); // tensor([0.6000, 0.8000])
 * ```
 */
export function clipGradNorm(
  parameters: Tensor | Iterable<Tensor>,
  maxNorm: number,
  { normType = 2, errorIfNonfinite = false }: ClipGradNormOptions = {},
): Tensor {
  checkBound('clipGradNorm', 'maxNorm', maxNorm);
  if (typeof normType !== 'number' || Number.isNaN(normType))
    throw new ArgumentError(`clipGradNorm: normType must be a number; given ${show(normType)}`);
  const grads = gradsOf('clipGradNorm', parameters);
  const [first] = grads;
  if (!first) return zeros([]);
  return noGrad(() => {
    const parts = grads.filter(({ size }) => size > 0).map((grad) => scope(() => normOf(grad, normType)));
    const norm = parts.length > 0 ? normOf(stack(parts), normType) : sum(first);
    if (errorIfNonfinite) checkFinite(norm);
    const factor = clamp(div(maxNorm, add(norm, 1e-6)), { max: 1 });
    updateAllInPlace(
      SCALE,
      grads.map((grad) => [grad, factor]),
    );
    return norm;
  });
}

/**
 * Limits every element of every gradient to [-clipValue, clipValue]; NaN stays NaN.
 *
 * Throws: ArgumentError for a clipValue below 0.
 *
 * Source: PyTorch, https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_value_.html
 *
 * ```ts
 * import { Parameter, tensor } from '@tapegrad/core';
 * import { clipGradValue } from '@tapegrad/optim';
 *
 * const w = new Parameter(tensor([0.1, -2]));
 * w.square().sum().backward(); // gradient [0.2, -4]
 * clipGradValue([w], 1);
 * console.log(w.grad); // tensor([ 0.2000, -1.0000])
 * ```
 */
export function clipGradValue(parameters: Tensor | Iterable<Tensor>, clipValue: number): void {
  checkBound('clipGradValue', 'clipValue', clipValue);
  updateAllInPlace(
    LIMIT,
    gradsOf('clipGradValue', parameters).map((grad) => [grad]),
    [clipValue],
  );
}

const { gt, lt, neg, program, uniform, where } = scalar;
const SCALE = program('clipGradNorm', (g, factor) => [scalar.mul(g!, factor!)], { into: [0] });
const LIMIT = program(
  'clipGradValue',
  (g) => {
    const bound = uniform(0);
    return [where(gt(g!, bound), bound, where(lt(g!, neg(bound)), neg(bound), g!))];
  },
  { into: [0] },
);

function normOf(x: Tensor, p: number): Tensor {
  if (p === Infinity) return amax(abs(x));
  if (p === -Infinity) return amin(abs(x));
  if (p === 0) return sum(ne(x, 0).cast(x.dtype) as Tensor);
  if (p === 1) return sum(abs(x));
  if (p === 2) return sqrt(sum(square(x)));
  return pow(sum(pow(abs(x), p)), 1 / p);
}

function gradsOf(op: string, parameters: Tensor | Iterable<Tensor>): Tensor[] {
  const list = parameters instanceof Tensor ? [parameters] : [...parameters];
  return list.flatMap((param, i) => {
    if (!(param instanceof Tensor)) {
      throw new ArgumentError(`${op}: expected a parameter at position ${i}; given ${show(param)}`);
    }
    return param.grad ?? [];
  });
}

/** A sync point, and the only one here: reads the norm. */
function checkFinite(norm: Tensor): void {
  if (!norm.device.readSync) {
    throw new DeviceError(
      `clipGradNorm: errorIfNonfinite has to read the norm, which ${norm.device.name} cannot do without waiting: leave it out and test Number.isFinite(await norm.item())`,
    );
  }
  const value = norm.itemSync();
  if (!Number.isFinite(value)) {
    throw new GradientError(
      `clipGradNorm: the norm of the gradients is ${value}, so they cannot be clipped; without errorIfNonfinite they are scaled all the same`,
    );
  }
}

function checkBound(op: string, name: string, value: unknown): void {
  if (typeof value !== 'number' || !(value >= 0)) {
    throw new ArgumentError(`${op}: ${name} must be a number of at least 0; given ${show(value)}`);
  }
}
