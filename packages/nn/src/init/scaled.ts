/**
 * Distributions scaled by the size of the layer, so that activations (or gradients) keep their size from layer to layer.
 *
 * fanIn counts the inputs of one output, fanOut the outputs of one input: a weight [O, I, ...kernel] has
 * fanIn = I * kernel elements and fanOut = O * kernel elements.
 */

import { ArgumentError, type Tensor } from '@tapegrad/core';
import { normal, uniform } from './basic.ts';
import { checkRank, type DrawOptions } from './overwrite.ts';

export interface GainOptions extends DrawOptions {
  /** A factor, see `calculateGain`: 1 where it is not given. */
  readonly gain?: number | undefined;
}

/**
 * Draws uniformly, bounded such that the variance is 2 / (fanIn + fanOut).
 *
 * Equation: U(-b, b), b = gain sqrt(6 / (fanIn + fanOut))
 *
 * Shapes: x [O, I, ...]. Throws: ShapeError, GradientError where an operation made `x`.
 *
 * Source: Glorot & Bengio 2010; https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.xavier_uniform_
 *
 * ```ts
 * import { Linear, init } from '@tapegrad/nn';
 *
 * const { weight } = new Linear(3, 3);
 * init.xavierUniform(weight);
 * console.log(weight.abs().max().itemSync() <= 1); // true
 * ```
 */
export function xavierUniform<T extends Tensor>(x: T, { gain = 1, generator }: GainOptions = {}): T {
  const { fanIn, fanOut } = fans('xavierUniform', x);
  const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
  return uniform(x, { a: -bound, b: bound, generator });
}

/**
 * Draws from a normal distribution with variance 2 / (fanIn + fanOut).
 *
 * Equation: N(0, s^2), s = gain sqrt(2 / (fanIn + fanOut))
 *
 * Shapes: x [O, I, ...]. Throws: ShapeError, GradientError where an operation made `x`.
 *
 * Source: Glorot & Bengio 2010; https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.xavier_normal_
 *
 * ```ts
 * import { Linear, init } from '@tapegrad/nn';
 *
 * init.xavierNormal(new Linear(3, 2).weight, { gain: init.calculateGain('tanh') });
 * ```
 */
export function xavierNormal<T extends Tensor>(x: T, { gain = 1, generator }: GainOptions = {}): T {
  const { fanIn, fanOut } = fans('xavierNormal', x);
  return normal(x, { std: gain * Math.sqrt(2 / (fanIn + fanOut)), generator });
}

export interface KaimingOptions extends DrawOptions {
  /** Negative slope of the leakyRelu that follows: 0 where it is not given. */
  readonly a?: number | undefined;
  /** `fanIn`, the default, keeps the size of activations, `fanOut` that of gradients. */
  readonly mode?: 'fanIn' | 'fanOut' | undefined;
  /** What follows the layer: leakyRelu where it is not given. */
  readonly nonlinearity?: Nonlinearity | undefined;
}

/**
 * Draws uniformly, bounded such that activations keep their variance through a relu.
 *
 * Equation: U(-b, b), b = gain sqrt(3 / fan)
 *
 * Shapes: x [O, I, ...]. Throws: ShapeError, ArgumentError, GradientError where an operation made `x`.
 *
 * Source: He et al. 2015; https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.kaiming_uniform_
 *
 * ```ts
 * import { Linear, init } from '@tapegrad/nn';
 *
 * const { weight } = new Linear(6, 2);
 * init.kaimingUniform(weight, { nonlinearity: 'relu' });
 * console.log(weight.abs().max().itemSync() <= 1); // true
 * ```
 */
export function kaimingUniform<T extends Tensor>(x: T, options: KaimingOptions = {}): T {
  const bound = Math.sqrt(3) * kaimingStd('kaimingUniform', x, options);
  return uniform(x, { a: -bound, b: bound, generator: options.generator });
}

/**
 * Draws from a normal distribution with which activations keep their variance through a relu.
 *
 * Equation: N(0, s^2), s = gain / sqrt(fan)
 *
 * Shapes: x [O, I, ...]. Throws: ShapeError, ArgumentError, GradientError where an operation made `x`.
 *
 * Source: He et al. 2015; https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.kaiming_normal_
 *
 * ```ts
 * import { Linear, init } from '@tapegrad/nn';
 *
 * init.kaimingNormal(new Linear(6, 2).weight, { mode: 'fanOut', nonlinearity: 'relu' });
 * ```
 */
export function kaimingNormal<T extends Tensor>(x: T, options: KaimingOptions = {}): T {
  return normal(x, { std: kaimingStd('kaimingNormal', x, options), generator: options.generator });
}

/** What follows a layer. */
export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu';

/**
 * The factor that makes up for what a nonlinearity takes away. `parameter` is the slope of leakyRelu.
 *
 * Throws: ArgumentError.
 *
 * Source: https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.calculate_gain
 *
 * ```ts
 * import { init } from '@tapegrad/nn';
 *
 * console.log(init.calculateGain('tanh').toFixed(4)); // 1.6667
 * ```
 */
export function calculateGain(nonlinearity: Nonlinearity, parameter = 0.01): number {
  const gain = gains[nonlinearity];
  if (!gain) {
    throw new ArgumentError(
      `calculateGain: expected one of ${Object.keys(gains).join(', ')}; given '${String(nonlinearity)}'`,
    );
  }
  return gain(parameter);
}

const gains: Readonly<Record<Nonlinearity, (parameter: number) => number>> = {
  linear: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => Math.SQRT2,
  leakyRelu: (slope) => Math.sqrt(2 / (1 + slope ** 2)),
  selu: () => 3 / 4,
};

function fans(op: string, x: Tensor): { readonly fanIn: number; readonly fanOut: number } {
  checkRank(op, x, 2);
  const [O, I, ...kernel] = x.shape as [number, number, ...number[]];
  const elements = kernel.reduce((a, b) => a * b, 1);
  return { fanIn: I * elements, fanOut: O * elements };
}

function kaimingStd(
  op: string,
  x: Tensor,
  { a = 0, mode = 'fanIn', nonlinearity = 'leakyRelu' }: KaimingOptions,
): number {
  const fan = fans(op, x)[mode];
  if (fan === undefined) throw new ArgumentError(`${op}: expected the mode 'fanIn' or 'fanOut'; given '${mode}'`);
  return calculateGain(nonlinearity, a) / Math.sqrt(fan);
}
