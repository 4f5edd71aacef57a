/** Layer normalisation. N: rows, D: the dimensions that are normalised, the last ones. */

import { filled } from '../create.ts';
import { ShapeError } from '../errors.ts';
import { scope } from '../scope.ts';
import { type Shape, sameShape, showShape, sizeOf } from '../shape.ts';
import { apply, type Op } from '../tape.ts';
import { type AnyTensor, empty, packed, type Tensor } from '../tensor.ts';
import { sum } from './broadcast.ts';
import { checkAlike } from './check.ts';
import { add, mul, rsqrt, square, sub } from './elementwise.ts';
import { mean } from './reduce.ts';
import { only, reshape } from './view.ts';

/** Options of `layerNorm`. */
export interface LayerNormFunctionOptions {
  /** Added to the variance: 1e-5 where it is not given. */
  readonly eps?: number | undefined;
}

/**
 * Takes out the mean and the scale of the last dimensions, for each of the others by itself.
 *
 * Equation: y = (x - mean) / sqrt(var + eps) * weight + bias, var being the mean of (x - mean)^2
 *
 * Shapes: x [..., ...D], weight and bias D; result like x.
 *
 * Throws: ShapeError, DTypeError, DeviceError.
 *
 * Source: Ba et al. 2016; https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.layer_norm.html
 *
 * ```ts
 * import { layerNorm, tensor } from '@tapegrad/core';
 *
 * console.log(String(layerNorm(tensor([[1, 2, 3], [10, 20, 30]]), [3])));
 * // tensor([[-1.2247,  0.0000,  1.2247],
 * //         [-1.2247,  0.0000,  1.2247]])
 * ```
 */
export function layerNorm(
  x: Tensor,
  normalizedShape: Shape,
  weight?: Tensor,
  bias?: Tensor,
  { eps = 1e-5 }: LayerNormFunctionOptions = {},
): Tensor {
  checkOperands(x, normalizedShape, weight, bias);
  const D = sizeOf(normalizedShape);
  const flat = (given: Tensor | undefined): Tensor | undefined => given && reshape(given, [D]);
  const [rows, w, b] = [
    reshape(x, [sizeOf(x.shape.slice(0, x.rank - normalizedShape.length)), D]),
    flat(weight),
    flat(bias),
  ];
  const { device, dtype } = x;
  if (!device.kernels.fused?.layerNorm || x.size === 0) return reshape(definition([rows, w, b], eps)[0], x.shape);
  const all = [rows, w ?? filled(device, dtype, [D], 1), b ?? filled(device, dtype, [D], 0)];
  return reshape(only<'f32'>(apply(LAYER_NORM, all, eps)), x.shape);
}

/** The same in plain ops, of rows [N, D]. */
function definition([x, weight, bias]: readonly (Tensor | undefined)[], eps: number): [Tensor] {
  const centre = (y: Tensor): Tensor => sub(y, mean(y, { dim: 1, keepdim: true }));
  const centred = centre(centre(x!)); // twice: f32 cannot tell a mean of 1e4 to better than 0.0005
  const scale = rsqrt(add(mean(square(centred), { dim: 1, keepdim: true }), eps));
  const y = mul(centred, scale);
  const scaled = weight ? mul(y, weight) : y;
  return [bias ? add(scaled, bias) : scaled];
}

/** The gradients of weight and bias are summed up in so many parts, whatever the number of threads. */
const PARTS = 64;

/** On a device with fused kernels. Attributes: eps. The second output is what the way back needs of each row, [N, 3]. */
const LAYER_NORM: Op<number> = {
  name: 'layerNorm',
  forward: (inputs, eps) =>
    scope(() => {
      const [x, weight, bias] = inputs.map(packed) as [AnyTensor, AnyTensor, AnyTensor];
      const [y, statistics] = [empty(x.device, x.dtype, x.shape), empty(x.device, x.dtype, [x.shape[0]!, 3])];
      x.device.kernels.fused!.layerNorm!({ x, weight, bias }, eps, { y, statistics });
      return [y, statistics];
    }),
  vjp(grads, inputs, [, statistics]) {
    let known: readonly Tensor[] | undefined;
    const gradients = (): readonly Tensor[] => (known ??= backward(grads[0]!, inputs, statistics!));
    return inputs.map((_, k) => () => gradients()[k]!);
  },
  definition: (inputs, eps) => definition(inputs, eps),
};

/** The gradients of x, weight and bias. */
function backward(g: Tensor, inputs: readonly Tensor[], statistics: Tensor): Tensor[] {
  const [gy, x, weight] = [g, ...inputs].map(packed) as [Tensor, Tensor, Tensor];
  const [N, D] = x.shape as [number, number];
  const parts = Math.min(N, PARTS);
  const [gx, gWeight, gBias] = [x.shape, [parts, D], [parts, D]].map((shape) => empty(x.device, x.dtype, shape)) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  x.device.kernels.fused!.layerNormBackward!({ gy, x, weight, statistics }, { gx, gWeight, gBias });
  return [gx, sum(gWeight, { dim: 0 }), sum(gBias, { dim: 0 })];
}

function checkOperands(x: Tensor, normalizedShape: Shape, weight: Tensor | undefined, bias: Tensor | undefined): void {
  const first = x.rank - normalizedShape.length;
  if (normalizedShape.length === 0 || first < 0 || !sameShape(x.shape.slice(first), normalizedShape)) {
    throw new ShapeError(
      `layerNorm: expected x to end in the normalised shape: x is ${showShape(x.shape)}, normalizedShape is ${showShape(normalizedShape)}`,
    );
  }
  const vectors = { ...(weight && { weight }), ...(bias && { bias }) };
  for (const [name, given] of Object.entries(vectors)) {
    if (!sameShape(given.shape, normalizedShape)) {
      throw new ShapeError(
        `layerNorm: ${name} is ${showShape(given.shape)}, expected normalizedShape ${showShape(normalizedShape)}`,
      );
    }
  }
  checkAlike('layerNorm', { x, ...vectors });
}
