/** Dropout of whole channels, of all time steps alike, and to the value that SELU saturates at. */

import {
  ArgumentError,
  type DropoutOptions,
  dropout,
  mul,
  ones,
  rand,
  type Shape,
  ShapeError,
  scope,
  showShape,
  type Tensor,
} from '@tapegrad/core';
import { placeOf } from './init/overwrite.ts';
import { Module } from './module.ts';

/**
 * Drops whole channels of sequences while training.
 *
 * Equation: y = x m / (1 - p), each m [N, C, 1] being 0 with probability p, else 1
 *
 * Shapes: x [N, C, L] or [C, L]; result as x. Throws: ShapeError, DTypeError, ArgumentError unless 0 <= p <= 1.
 *
 * Source: Tompson et al. 2015, https://arxiv.org/abs/1411.4280;
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout1d.html
 *
 * ```ts
 * import { manualSeed, ones } from '@tapegrad/core';
 * import { dropout1d } from '@tapegrad/nn';
 *
 * manualSeed(0);
 * console.log(String(dropout1d(ones([4, 2])))); // tensor([[2., 2.],
 * //         [0., 0.],
 * //         [0., 0.],
 * //         [0., 0.]])
 * ```
 */
export function dropout1d(x: Tensor, p = 0.5, options: DropoutOptions = {}): Tensor {
  return overChannels('dropout1d', x, p, 1, options);
}

/**
 * Drops whole channels of images while training.
 *
 * Equation: y = x m / (1 - p), each m [N, C, 1, 1] being 0 with probability p, else 1
 *
 * Shapes: x [N, C, H, W] or [C, H, W]; result as x. Throws: ShapeError, DTypeError, ArgumentError unless 0 <= p <= 1.
 *
 * Source: Tompson et al. 2015, https://arxiv.org/abs/1411.4280;
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout2d.html. PyTorch takes three dimensions for [N, C, L].
 *
 * ```ts
 * import { manualSeed, ones } from '@tapegrad/core';
 * import { dropout2d } from '@tapegrad/nn';
 *
 * manualSeed(0);
 * console.log(dropout2d(ones([3, 2, 2])).amax({ dim: [1, 2] }).toArraySync()); // [ 2, 0, 0 ]
 * ```
 */
export function dropout2d(x: Tensor, p = 0.5, options: DropoutOptions = {}): Tensor {
  return overChannels('dropout2d', x, p, 2, options);
}

/**
 * Drops elements to the value at which SELU saturates, and keeps mean and variance: to be used with `SELU`.
 *
 * Equation: y = a (x m + c (1 - m)) + b, each m being 0 with probability p, else 1; c = -1.7581,
 * a = 1 / sqrt((1 - p) (1 + p c^2)), b = -a p c
 *
 * Shapes: any; the result has the input's shape. Throws: DTypeError, ArgumentError unless 0 <= p <= 1.
 *
 * Source: Klambauer et al. 2017, https://arxiv.org/abs/1706.02515;
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.alpha_dropout.html
 *
 * ```ts
 * import { manualSeed, ones } from '@tapegrad/core';
 * import { alphaDropout } from '@tapegrad/nn';
 *
 * manualSeed(0);
 * console.log(String(alphaDropout(ones([4])))); // tensor([ 1.6656, -0.7792, -0.7792, -0.7792])
 * ```
 */
export function alphaDropout(x: Tensor, p = 0.5, options: DropoutOptions = {}): Tensor {
  return alpha('alphaDropout', x, p, x.shape, options);
}

/**
 * `alphaDropout` of whole channels.
 *
 * Equation: as of `alphaDropout`, with one m for each channel
 *
 * Shapes: x [N, C, ...]; result as x. Throws: ShapeError, DTypeError, ArgumentError unless 0 <= p <= 1.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.feature_alpha_dropout.html
 *
 * ```ts
 * import { manualSeed, ones } from '@tapegrad/core';
 * import { featureAlphaDropout } from '@tapegrad/nn';
 *
 * manualSeed(0);
 * console.log(String(featureAlphaDropout(ones([1, 2, 2])))); // tensor([[[ 1.6656,  1.6656],
 * //          [-0.7792, -0.7792]]])
 * ```
 */
export function featureAlphaDropout(x: Tensor, p = 0.5, options: DropoutOptions = {}): Tensor {
  if (x.rank < 2) throw new ShapeError(`featureAlphaDropout: expected x [N, C, ...]; given ${showShape(x.shape)}`);
  return alpha('featureAlphaDropout', x, p, ofChannels(x.shape, 2), options);
}

/** What the modules share. */
abstract class DropoutVariant extends Module {
  readonly p: number;

  constructor(p = 0.5) {
    super();
    this.p = checkProbability(new.target.name, p);
  }

  abstract override forward(x: Tensor): Tensor;

  override describe(): string {
    return `p=${this.p}`;
  }
}

/**
 * `dropout1d` as a module: the identity in evaluation mode.
 *
 * Equation: y = x m / (1 - p), each m [N, C, 1] being 0 with probability p, else 1
 *
 * Shapes: x [N, C, L] or [C, L]; result as x. Throws: ShapeError, DTypeError, ArgumentError unless 0 <= p <= 1.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Dropout1d.html
 *
 * ```ts
 * import { ones } from '@tapegrad/core';
 * import { Dropout1d } from '@tapegrad/nn';
 *
 * const layer = new Dropout1d(0.5);
 * console.log(String(layer.eval().forward(ones([1, 2])))); // tensor([[1., 1.]])
 * ```
 */
export class Dropout1d extends DropoutVariant {
  forward(x: Tensor): Tensor {
    return dropout1d(x, this.p, { training: this.training });
  }
}

/**
 * `dropout2d` as a module: the identity in evaluation mode.
 *
 * Equation: y = x m / (1 - p), each m [N, C, 1, 1] being 0 with probability p, else 1
 *
 * Shapes: x [N, C, H, W] or [C, H, W]; result as x. Throws: ShapeError, DTypeError, ArgumentError unless 0 <= p <= 1.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Dropout2d.html
 *
 * ```ts
 * import { ones } from '@tapegrad/core';
 * import { Dropout2d } from '@tapegrad/nn';
 *
 * const layer = new Dropout2d(0.5);
 * console.log(layer.forward(ones([2, 3, 4, 4])).shape); // [ 2, 3, 4, 4 ]
 * ```
 */
export class Dropout2d extends DropoutVariant {
  forward(x: Tensor): Tensor {
    return dropout2d(x, this.p, { training: this.training });
  }
}

/**
 * `alphaDropout` as a module: the identity in evaluation mode.
 *
 * Equation: y = a (x m + c (1 - m)) + b, each m being 0 with probability p, else 1
 *
 * Shapes: any; the result has the input's shape. Throws: DTypeError, ArgumentError unless 0 <= p <= 1.
 *
 * Source: Klambauer et al. 2017; https://pytorch.org/docs/stable/generated/torch.nn.AlphaDropout.html
 *
 * ```ts
 * import { AlphaDropout, Linear, SELU, Sequential } from '@tapegrad/nn';
 * import { ones } from '@tapegrad/core';
 *
 * const model = new Sequential(new Linear(4, 8), new SELU(), new AlphaDropout(0.1));
 * console.log(model.forward(ones([2, 4])).shape); // [ 2, 8 ]
 * ```
 */
export class AlphaDropout extends DropoutVariant {
  forward(x: Tensor): Tensor {
    return alphaDropout(x, this.p, { training: this.training });
  }
}

/**
 * `featureAlphaDropout` as a module: the identity in evaluation mode.
 *
 * Equation: as of `alphaDropout`, with one m for each channel
 *
 * Shapes: x [N, C, ...]; result as x. Throws: ShapeError, DTypeError, ArgumentError unless 0 <= p <= 1.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.FeatureAlphaDropout.html
 *
 * ```ts
 * import { ones } from '@tapegrad/core';
 * import { FeatureAlphaDropout } from '@tapegrad/nn';
 *
 * console.log(String(new FeatureAlphaDropout().eval().forward(ones([1, 2])))); // tensor([[1., 1.]])
 * ```
 */
export class FeatureAlphaDropout extends DropoutVariant {
  forward(x: Tensor): Tensor {
    return featureAlphaDropout(x, this.p, { training: this.training });
  }
}

/** Where the time is. */
export interface LockedDropoutOptions {
  /** Whether x is [B, T, D]. Default: false, for [T, B, D]. */
  readonly batchFirst?: boolean | undefined;
}

/**
 * Drops the same features at every time step of a sequence (variational dropout), which a recurrent layer's inputs and
 * outputs want: drawn anew for each sequence and each call.
 *
 * Equation: y[t] = x[t] m / (1 - p), each m [B, D] being 0 with probability p, else 1
 *
 * Shapes: x [T, B, D], [B, T, D] with `batchFirst`, or [T, D]; result as x.
 *
 * Throws: ShapeError, DTypeError, ArgumentError unless 0 <= p <= 1.
 *
 * Source: Gal & Ghahramani 2016, https://arxiv.org/abs/1512.05287; the name is that of Merity et al. 2017,
 * https://arxiv.org/abs/1708.02182
 *
 * ```ts
 * import { manualSeed, ones } from '@tapegrad/core';
 * import { LockedDropout } from '@tapegrad/nn';
 *
 * manualSeed(0);
 * console.log(String(new LockedDropout(0.5).forward(ones([2, 4])))); // tensor([[2., 0., 0., 0.],
 * //         [2., 0., 0., 0.]])
 * ```
 */
export class LockedDropout extends DropoutVariant {
  readonly batchFirst: boolean;

  constructor(p = 0.5, { batchFirst = false }: LockedDropoutOptions = {}) {
    super(p);
    this.batchFirst = batchFirst;
  }

  forward(x: Tensor): Tensor {
    if (x.rank !== 2 && x.rank !== 3) {
      const batch = this.batchFirst ? '[B, T, D]' : '[T, B, D]';
      throw new ShapeError(`LockedDropout: expected x ${batch}, or [T, D]; given ${showShape(x.shape)}`);
    }
    const time = this.batchFirst && x.rank === 3 ? 1 : 0;
    return alike(x, this.p, x.shape.with(time, 1), { training: this.training });
  }
}

/** Dropout with one draw for each element of a shape that broadcasts to that of x. */
function alike(x: Tensor, p: number, shape: Shape, { training = true, generator }: DropoutOptions): Tensor {
  if (!training || p === 0) return x;
  return scope(() => mul(x, dropout(ones(shape, placeOf(x)), p, { generator })));
}

function overChannels(op: string, x: Tensor, p: number, inner: number, options: DropoutOptions): Tensor {
  checkProbability(op, p);
  if (x.rank !== inner + 1 && x.rank !== inner + 2) {
    const dims = inner === 1 ? 'L' : 'H, W';
    throw new ShapeError(`${op}: expected x [N, C, ${dims}] or [C, ${dims}]; given ${showShape(x.shape)}`);
  }
  return alike(x, p, ofChannels(x.shape, x.rank - inner), options);
}

/** The first sizes, and 1 for the others. */
function ofChannels(shape: Shape, count: number): number[] {
  return shape.map((n, d) => (d < count ? n : 1));
}

/** What SELU gives for -Infinity. */
const SATURATED = -1.0507009873554805 * 1.6732632423543772;

function alpha(op: string, x: Tensor, p: number, shape: Shape, options: DropoutOptions): Tensor {
  const { training = true, generator } = options;
  checkProbability(op, p);
  if (!training || p === 0) return x;
  if (p === 1) return x.mul(0);
  return scope(() => {
    const kept = rand(shape, { ...placeOf(x), generator })
      .lt(1 - p)
      .cast(x.dtype) as Tensor;
    const a = 1 / Math.sqrt((1 - p) * (1 + p * SATURATED ** 2));
    // a x m + a c (1 - m) - a p c
    return x.mul(kept.mul(a)).add(kept.mul(-a * SATURATED).add(a * SATURATED * (1 - p)));
  });
}

function checkProbability(op: string, p: number): number {
  if (!(p >= 0 && p <= 1)) throw new ArgumentError(`${op}: expected a probability from 0 to 1; given ${p}`);
  return p;
}
