/** Constants and distributions whose parameters are given. */

import { ArgumentError, full, eye as identity, rand, randn, type Tensor, tensor } from '@tapegrad/core';
import { checkRank, type DrawOptions, overwrite, placeOf } from './overwrite.ts';

export interface UniformOptions extends DrawOptions {
  /** Lower bound, included: 0 where it is not given. */
  readonly a?: number | undefined;
  /** Upper bound, excluded: 1 where it is not given. */
  readonly b?: number | undefined;
}

/**
 * Draws from the uniform distribution on [a, b).
 *
 * Shapes: any. Throws: GradientError where an operation made `x`.
 *
 * Source: https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.uniform_
 *
 * ```ts
 * import { Embedding, init } from '@tapegrad/nn';
 *
 * const layer = new Embedding(10, 4);
 * init.uniform(layer.weight, { a: -0.05, b: 0.05 });
 * console.log(layer.weight.abs().max().itemSync() <= 0.05); // true
 * ```
 */
export function uniform<T extends Tensor>(x: T, { a = 0, b = 1, generator }: UniformOptions = {}): T {
  return overwrite(x, () =>
    rand(x.shape, { ...placeOf(x), generator })
      .mul(b - a)
      .add(a),
  );
}

export interface NormalOptions extends DrawOptions {
  /** 0 where it is not given. */
  readonly mean?: number | undefined;
  /** Standard deviation: 1 where it is not given. */
  readonly std?: number | undefined;
}

/**
 * Draws from the normal distribution with the given mean and standard deviation.
 *
 * Shapes: any. Throws: GradientError where an operation made `x`.
 *
 * Source: https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.normal_
 *
 * ```ts
 * import { Linear, init } from '@tapegrad/nn';
 *
 * init.normal(new Linear(3, 2).weight, { std: 0.02 });
 * ```
 */
export function normal<T extends Tensor>(x: T, { mean = 0, std = 1, generator }: NormalOptions = {}): T {
  return overwrite(x, () =>
    randn(x.shape, { ...placeOf(x), generator })
      .mul(std)
      .add(mean),
  );
}

export interface TruncNormalOptions extends NormalOptions {
  /** Lower bound: -2 where it is not given. */
  readonly a?: number | undefined;
  /** Upper bound: 2 where it is not given. */
  readonly b?: number | undefined;
}

/**
 * Draws from the normal distribution, again where the value is not in [a, b].
 *
 * Shapes: any. Throws: ArgumentError where next to nothing of the distribution lies in [a, b].
 *
 * Source: https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.trunc_normal_
 *
 * ```ts
 * import { Linear, init } from '@tapegrad/nn';
 *
 * const layer = new Linear(3, 2);
 * init.truncNormal(layer.weight, { std: 0.02, a: -0.04, b: 0.04 });
 * console.log(layer.weight.abs().max().itemSync() <= 0.04); // true
 * ```
 */
export function truncNormal<T extends Tensor>(
  x: T,
  { mean = 0, std = 1, a = -2, b = 2, generator }: TruncNormalOptions = {},
): T {
  const values = new Float64Array(x.size);
  let filled = 0;
  for (let round = 0; filled < x.size; round++) {
    if (round === 1000)
      throw new ArgumentError(`truncNormal: a normal with mean ${mean} and std ${std} is hardly ever in [${a}, ${b}]`);
    const drawn = randn([x.size], { dtype: 'f64', device: 'cpu', generator }).dataSync();
    for (let i = 0; i < x.size && filled < x.size; i++) {
      const value = mean + std * drawn[i]!;
      if (value >= a && value <= b) values[filled++] = value;
    }
  }
  return overwrite(x, () => tensor(values, placeOf(x)).reshape(x.shape));
}

/**
 * Makes all elements equal to `value`.
 *
 * Shapes: any. Throws: GradientError where an operation made `x`.
 *
 * Source: https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.constant_
 *
 * ```ts
 * import { Linear, init } from '@tapegrad/nn';
 *
 * console.log(String(init.constant(new Linear(2, 1).weight, 0.5).detach())); // tensor([[0.5000, 0.5000]])
 * ```
 */
export function constant<T extends Tensor>(x: T, value: number): T {
  return overwrite(x, () => full(x.shape, value, placeOf(x)));
}

/**
 * Makes all elements 0.
 *
 * Shapes: any. Throws: GradientError where an operation made `x`.
 *
 * Source: https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.zeros_
 *
 * ```ts
 * import { Linear, init } from '@tapegrad/nn';
 *
 * console.log(String(init.zeros(new Linear(2, 1).weight).detach())); // tensor([[0., 0.]])
 * ```
 */
export function zeros<T extends Tensor>(x: T): T {
  return constant(x, 0);
}

/**
 * Makes all elements 1.
 *
 * Shapes: any. Throws: GradientError where an operation made `x`.
 *
 * Source: https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.ones_
 *
 * ```ts
 * import { Linear, init } from '@tapegrad/nn';
 *
 * console.log(String(init.ones(new Linear(2, 1).weight).detach())); // tensor([[1., 1.]])
 * ```
 */
export function ones<T extends Tensor>(x: T): T {
  return constant(x, 1);
}

/**
 * Makes a matrix the identity: ones on the diagonal, zeros elsewhere.
 *
 * Shapes: x [M, N]. Throws: ShapeError, GradientError where an operation made `x`.
 *
 * Source: https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.eye_
 *
 * ```ts
 * import { Linear, init } from '@tapegrad/nn';
 *
 * console.log(String(init.eye(new Linear(3, 2).weight).detach()));
 * // tensor([[1., 0., 0.],
 * //         [0., 1., 0.]])
 * ```
 */
export function eye<T extends Tensor>(x: T): T {
  checkRank('eye', x, 2, 2);
  const [rows, columns] = x.shape as [number, number];
  return overwrite(x, () => identity(Math.max(rows, columns), placeOf(x)).slice(0, 0, rows).slice(1, 0, columns));
}
