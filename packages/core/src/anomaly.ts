/** Finding the operation that a NaN came from: slow, for looking. */

import { isFloat } from './dtype.ts';
import { AnomalyError } from './errors.ts';
import { isinf } from './ops/arithmetic.ts';
import { cast } from './ops/cast.ts';
import { add, isnan, mul } from './ops/elementwise.ts';
import { noGrad, refuseAsync } from './scope.ts';
import { showShape, unravel } from './shape.ts';
import { type Node, type Watcher, withWatcher } from './tape.ts';
import type { AnyTensor, Tensor } from './tensor.ts';

/** What `detectAnomaly` looks for. */
export interface AnomalyOptions {
  /** Infinities too, unlike PyTorch: attention masks and the like are not to hold any then. Default: false. */
  readonly infinities?: boolean | undefined;
}

/**
 * Runs `fn`, and throws where an operation first makes a NaN out of numbers: in the forward pass, or in a backward pass
 * within `fn`, where the error's `cause` says where the operation was recorded. Every result is read over, so it is slow.
 *
 * Throws: AnomalyError, on webgpu at the next await that reads; ArgumentError for an async function.
 * Source: https://docs.pytorch.org/docs/stable/autograd.html#anomaly-detection
 *
 * ```ts
 * import { detectAnomaly, tensor } from '@tapegrad/core';
 *
 * const x = tensor([0, 4], { requiresGrad: true });
 * try {
 *   detectAnomaly(() => x.sqrt().mul(tensor([0, 1])).sum().backward()); // 0 times the slope of a root at 0
 * } catch (error) {
 *   console.log(String(error)); // AnomalyError: sqrt: the gradient of its input, f32 [2], has a NaN at [0]; that of its output has none
 * }
 * ```
 */
export function detectAnomaly<R>(fn: () => R, { infinities = false }: AnomalyOptions = {}): R {
  const result = withWatcher(watcher(infinities), fn);
  refuseAsync('detectAnomaly', result, 'what it does later would go unseen');
  return result;
}

function watcher(infinities: boolean): Watcher {
  /** What was looked at when it was made. */
  const seen = new WeakSet<AnyTensor>();
  const places = new WeakMap<Node, Error>();
  const what = infinities ? 'a NaN or an infinity' : 'a NaN';
  return {
    made(op, inputs, outputs) {
      inputs.forEach((x, k) => {
        if (seen.has(x)) return;
        const advice = 'before anything was computed: look at the data, or at the weights';
        look(x, infinities, (found) => new AnomalyError(`${op}: its input ${k}, ${show(x)}, has ${found} ${advice}`));
      });
      outputs.forEach((y, k) => {
        seen.add(y);
        const name = outputs.length > 1 ? `output ${k}` : 'output';
        look(y, infinities, (found) => {
          const given = inputs.map(show).join(' and ') || 'nothing';
          return new AnomalyError(`${op}: its ${name}, ${show(y)}, has ${found}, made of ${given} without ${what}`);
        });
      });
    },
    recorded(node) {
      places.set(node, new Error(`${node.op.name} was recorded here`));
    },
    gradient(node, k, g) {
      const { op, inputs, outputs } = node;
      const name = inputs.length > 1 ? `input ${k}` : 'input';
      const that = outputs.length > 1 ? 'those of its outputs have' : 'that of its output has';
      look(g, infinities, (found) => {
        const message = `${op.name}: the gradient of its ${name}, ${show(g)}, has ${found}; ${that} none`;
        return new AnomalyError(message, { cause: places.get(node) });
      });
    },
  };
}

/** Throws `errorOf('a NaN at [0, 3]')` for the first element that is no number. */
function look(x: AnyTensor, infinities: boolean, errorOf: (found: string) => AnomalyError): void {
  if (!isFloat(x.dtype)) return;
  withWatcher(undefined, () =>
    noGrad(() => {
      const nan = cast(isnan(x as Tensor), 'i32');
      const kinds = infinities ? add(nan, mul(cast(isinf(x as Tensor), 'i32'), 2)) : nan;
      x.device.kernels.checkIndices(kinds, 0, 1, (position, kind) =>
        errorOf(`${kind === 1 ? 'a NaN' : 'an infinity'} at ${showShape(unravel(position, x.shape))}`),
      );
    }),
  );
}

function show({ dtype, shape }: AnyTensor): string {
  return `${dtype} ${showShape(shape)}`;
}
