/**
 * First values of parameters, with PyTorch's names, defaults and formulas. Each function overwrites a tensor in place,
 * recorded nowhere, and returns it.
 *
 * fanIn counts the inputs of one output, fanOut the outputs of one input: a weight [O, I, ...kernel] has
 * fanIn = I * kernel elements and fanOut = O * kernel elements.
 *
 * Source: https://pytorch.org/docs/stable/nn.init.html
 */

import {
  ArgumentError,
  assign,
  full,
  type Generator,
  eye as identity,
  noGrad,
  rand,
  randn,
  ShapeError,
  showShape,
  type Tensor,
  tensor,
} from '@tapegrad/core';

export interface DrawOptions {
  readonly generator?: Generator | undefined;
}

export interface UniformOptions extends DrawOptions {
  /** Lower bound. */
  readonly a?: number | undefined;
  /** Upper bound. */
  readonly b?: number | undefined;
}

/**
 * Uniform in [a, b).
 *
 * ```ts
 * import { Linear, init } from '@tapegrad/nn';
 *
 * const layer = new Linear(3, 2);
 * init.uniform(layer.weight, { a: -0.05, b: 0.05 });
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
  readonly mean?: number | undefined;
  readonly std?: number | undefined;
}

/** Normal with the given mean and standard deviation. */
export function normal<T extends Tensor>(x: T, { mean = 0, std = 1, generator }: NormalOptions = {}): T {
  return overwrite(x, () =>
    randn(x.shape, { ...placeOf(x), generator })
      .mul(std)
      .add(mean),
  );
}

export function constant<T extends Tensor>(x: T, value: number): T {
  return overwrite(x, () => full(x.shape, value, placeOf(x)));
}

export function zeros<T extends Tensor>(x: T): T {
  return constant(x, 0);
}

export function ones<T extends Tensor>(x: T): T {
  return constant(x, 1);
}

/** Ones on the diagonal of a matrix [M, N], zeros elsewhere. Throws: ShapeError. */
export function eye<T extends Tensor>(x: T): T {
  const [rows, columns] = checkRank('eye', x, 2, 2).shape as [number, number];
  return overwrite(x, () => identity(Math.max(rows, columns), placeOf(x)).slice(0, 0, rows).slice(1, 0, columns));
}

export interface GainOptions extends DrawOptions {
  readonly gain?: number | undefined;
}

/** Uniform in +-gain sqrt(6 / (fanIn + fanOut)). Throws: ShapeError. Source: Glorot & Bengio 2010. */
export function xavierUniform<T extends Tensor>(x: T, { gain = 1, generator }: GainOptions = {}): T {
  const { fanIn, fanOut } = fans('xavierUniform', x);
  const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
  return uniform(x, { a: -bound, b: bound, generator });
}

/** Normal with standard deviation gain sqrt(2 / (fanIn + fanOut)). Throws: ShapeError. Source: Glorot & Bengio 2010. */
export function xavierNormal<T extends Tensor>(x: T, { gain = 1, generator }: GainOptions = {}): T {
  const { fanIn, fanOut } = fans('xavierNormal', x);
  return normal(x, { std: gain * Math.sqrt(2 / (fanIn + fanOut)), generator });
}

export interface KaimingOptions extends DrawOptions {
  /** Negative slope of the leakyRelu that follows. */
  readonly a?: number | undefined;
  /** `fanIn` keeps the size of activations, `fanOut` that of gradients. */
  readonly mode?: 'fanIn' | 'fanOut' | undefined;
  readonly nonlinearity?: Nonlinearity | undefined;
}

/** Uniform in +-gain sqrt(3 / fan). Throws: ShapeError. Source: He et al. 2015. */
export function kaimingUniform<T extends Tensor>(x: T, options: KaimingOptions = {}): T {
  const bound = Math.sqrt(3) * kaimingStd('kaimingUniform', x, options);
  return uniform(x, { a: -bound, b: bound, generator: options.generator });
}

/** Normal with standard deviation gain / sqrt(fan). Throws: ShapeError. Source: He et al. 2015. */
export function kaimingNormal<T extends Tensor>(x: T, options: KaimingOptions = {}): T {
  return normal(x, { std: kaimingStd('kaimingNormal', x, options), generator: options.generator });
}

/**
 * Orthonormal rows (or columns, if there are more rows), times `gain`: the Q of a random normal matrix whose R has a
 * positive diagonal. Dimensions after the first count as one. Throws: ShapeError. Source: Saxe et al. 2013.
 */
export function orthogonal<T extends Tensor>(x: T, { gain = 1, generator }: GainOptions = {}): T {
  const rows = checkRank('orthogonal', x, 2).shape[0]!;
  const columns = x.size / rows || 0;
  const [count, length] = rows < columns ? [rows, columns] : [columns, rows];
  const vectors = randn([count, length], { dtype: 'f64', device: 'cpu', generator }).dataSync();
  orthonormalize(vectors, count, length);
  return overwrite(x, () => {
    const q = tensor(vectors, placeOf(x)).reshape([count, length]).mul(gain);
    return (rows < columns ? q : q.T).reshape(x.shape);
  });
}

export interface TruncNormalOptions extends NormalOptions {
  /** Lower bound. */
  readonly a?: number | undefined;
  /** Upper bound. */
  readonly b?: number | undefined;
}

/** Normal, given that it lies in [a, b]. Throws: ArgumentError where next to nothing of the distribution lies there. */
export function truncNormal<T extends Tensor>(
  x: T,
  { mean = 0, std = 1, a = -2, b = 2, generator }: TruncNormalOptions = {},
): T {
  const draw = (): ArrayLike<number> => randn([x.size], { dtype: 'f64', device: 'cpu', generator }).dataSync();
  const values = new Float64Array(x.size);
  let filled = 0;
  for (let rounds = 0; filled < x.size; rounds++) {
    if (rounds === 1000)
      throw new ArgumentError(`truncNormal: a normal with mean ${mean} and std ${std} is hardly ever in [${a}, ${b}]`);
    const drawn = draw();
    for (let i = 0; i < x.size && filled < x.size; i++) {
      const value = mean + std * drawn[i]!;
      if (value >= a && value <= b) values[filled++] = value;
    }
  }
  return overwrite(x, () => tensor(values, placeOf(x)).reshape(x.shape));
}

export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu';

/** The factor by which a nonlinearity shrinks what passes, undone. `parameter` is the slope of leakyRelu. */
export function calculateGain(nonlinearity: Nonlinearity, parameter = 0.01): number {
  switch (nonlinearity) {
    case 'linear':
    case 'sigmoid':
      return 1;
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.SQRT2;
    case 'leakyRelu':
      return Math.sqrt(2 / (1 + parameter ** 2));
    case 'selu':
      return 3 / 4;
    default:
      throw new ArgumentError(`calculateGain: unknown nonlinearity '${String(nonlinearity)}'`);
  }
}

/** Inputs of one output and outputs of one input. Throws: ShapeError for a vector, which has neither. */
export function fans(op: string, x: Tensor): { readonly fanIn: number; readonly fanOut: number } {
  const [out, into, ...kernel] = checkRank(op, x, 2).shape as [number, number, ...number[]];
  const each = kernel.reduce((a, b) => a * b, 1);
  return { fanIn: into * each, fanOut: out * each };
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

/** Gram-Schmidt on rows in place; twice, since once leaves rounding errors. The diagonal of R is positive. */
function orthonormalize(vectors: { [i: number]: number }, count: number, length: number): void {
  const at = (row: number, i: number): number => vectors[row * length + i]!;
  const dot = (p: number, q: number): number => {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += at(p, i) * at(q, i);
    return sum;
  };
  for (let row = 0; row < count; row++) {
    for (let pass = 0; pass < 2; pass++) {
      for (let earlier = 0; earlier < row; earlier++) {
        const along = dot(row, earlier);
        for (let i = 0; i < length; i++) vectors[row * length + i] = at(row, i) - along * at(earlier, i);
      }
    }
    const norm = Math.sqrt(dot(row, row));
    for (let i = 0; i < length; i++) vectors[row * length + i] = at(row, i) / norm;
  }
}

function overwrite<T extends Tensor>(x: T, make: () => Tensor): T {
  noGrad(() => assign(x, make()));
  return x;
}

function placeOf(x: Tensor): { dtype: 'f32' | 'f64'; device: typeof x.device.name } {
  return { dtype: x.dtype, device: x.device.name };
}

function checkRank(op: string, x: Tensor, least: number, most: number = Infinity): Tensor {
  if (x.rank >= least && x.rank <= most) return x;
  const expected = most === least ? `${least}` : `${least} or more`;
  throw new ShapeError(`${op}: expected a tensor of ${expected} dimensions; given ${showShape(x.shape)}`);
}
