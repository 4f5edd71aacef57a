/** All parameters as one vector, and back. */

import { ArgumentError, assign, cat, ShapeError, type Tensor } from '@tapegrad/core';

/**
 * All elements of the parameters one after the other. Gradients flow back.
 *
 * Shapes: parameters any; result [the number of their elements].
 *
 * Throws: ArgumentError where there is no parameter; DTypeError, DeviceError where they differ.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.parameters_to_vector.html
 *
 * ```ts
 * import { Linear, parametersToVector } from '@tapegrad/nn';
 *
 * console.log(parametersToVector(new Linear(3, 2).parameters()).shape); // [ 8 ]
 * ```
 */
export function parametersToVector(parameters: Iterable<Tensor>): Tensor {
  const parts = [...parameters].map((parameter) => parameter.flatten());
  if (parts.length === 0) throw new ArgumentError('parametersToVector: expected at least one parameter; given none');
  return cat(parts, 0);
}

/**
 * Overwrites the parameters with the elements of a vector, as `parametersToVector` orders them.
 *
 * Shapes: vector [the number of the parameters' elements].
 *
 * Throws: ShapeError where that is another number, and then nothing is overwritten; GradientError, DeviceError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.vector_to_parameters.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { Linear, vectorToParameters } from '@tapegrad/nn';
 *
 * const layer = new Linear(2, 1);
 * vectorToParameters(tensor([1, 2, 3]), layer.parameters());
 * console.log(layer.bias); // tensor([3.], requiresGrad=true)
 * ```
 */
export function vectorToParameters(vector: Tensor, parameters: Iterable<Tensor>): void {
  const list = [...parameters];
  const size = list.reduce((sum, parameter) => sum + parameter.size, 0);
  if (vector.rank !== 1 || vector.size !== size) {
    throw new ShapeError(
      `vectorToParameters: expected a vector of the parameters' ${size} elements; given [${vector.shape.join(', ')}]`,
    );
  }
  const values = vector.detach();
  let from = 0;
  for (const parameter of list) {
    assign(parameter, values.narrow(0, from, parameter.size).reshape(parameter.shape));
    from += parameter.size;
  }
}
