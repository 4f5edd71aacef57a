/** A linear layer's product: weights as PyTorch keeps them, and a bias that costs no pass of its own. */

import { ShapeError } from '../errors.ts';
import { showShape, sizeOf } from '../shape.ts';
import { apply, type Op } from '../tape.ts';
import { empty, type Tensor } from '../tensor.ts';
import { expand, sum } from './broadcast.ts';
import { checkAlike } from './check.ts';
import { matmul } from './matmul.ts';
import { only, reshape, transpose, unsqueeze } from './view.ts';

/**
 * Applies weights and adds a bias. I: input features, O: output features.
 *
 * Equation: y = x W^T + b
 *
 * Shapes: x [..., I], weight [O, I], bias [O]; result [..., O]. A weight [I] with a bias [] gives [...].
 * Throws: ShapeError, DTypeError, DeviceError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.linear.html
 *
 * ```ts
 * import { linear, tensor } from '@tapegrad/core';
 *
 * console.log(linear(tensor([1, 2]), tensor([[1, 0], [0, 1], [1, 1]]), tensor([0, 0, 10]))); // tensor([ 1.,  2., 13.])
 * ```
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const outer = x.shape.slice(0, -1);
  if (weight.rank === 1 && (bias?.rank ?? 0) === 0)
    return reshape(linear(x, unsqueeze(weight, 0), bias && unsqueeze(bias, 0)), outer);
  checkOperands(x, weight, bias);
  const rows = reshape(x, [sizeOf(outer), x.shape.at(-1)!]);
  const y = only<'f32'>(apply(LINEAR, bias ? [rows, weight, bias] : [rows, weight], undefined));
  return reshape(y, [...outer, weight.shape[0]!]);
}

const LINEAR: Op = {
  name: 'linear',
  forward(inputs) {
    const [x, weight, bias] = inputs as readonly Tensor[];
    const y = empty(x!.device, x!.dtype, [x!.shape[0]!, weight!.shape[0]!]);
    x!.device.kernels.matmul(x!, transpose(weight!), y, { plus: bias && expand(bias, y.shape) });
    return [y];
  },
  vjp: ([g], [x, weight]) => [
    () => matmul(g!, weight!),
    () => matmul(transpose(g!), x!),
    () => sum(g!, { dim: 0 }), // the bias, where there is one
  ],
};

function checkOperands(x: Tensor, weight: Tensor, bias: Tensor | undefined): void {
  const [O, I] = weight.shape;
  const given = `x is ${showShape(x.shape)}, weight is ${showShape(weight.shape)}`;
  if (weight.rank !== 2 || x.rank === 0 || x.shape.at(-1) !== I)
    throw new ShapeError(`linear: expected x [..., I] and weight [O, I]: ${given}`);
  if (bias && (bias.rank !== 1 || bias.shape[0] !== O))
    throw new ShapeError(
      `linear: expected bias [O], a number for each row of weight: ${given}, bias is ${showShape(bias.shape)}`,
    );
  checkAlike('linear', { x, weight, ...(bias && { bias }) });
}
