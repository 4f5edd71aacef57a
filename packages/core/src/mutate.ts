/** The only ways in which values change in place: gradients accumulate, optimizers step, parameters are assigned. */

import { showDevice } from './device/registry.ts';
import { DeviceError, GradientError, ShapeError } from './errors.ts';
import { type Storage, withBlock } from './memory.ts';
import { add } from './ops/elementwise.ts';
import { checkOperands } from './ops/map.ts';
import { viewOf } from './ops/view.ts';
import { type Program, program } from './scalar/program.ts';
import * as s from './scalar/rules.ts';
import { broadcastShapes, broadcastStrides, sameShape, showShape } from './shape.ts';
import { type AnyTensor, empty, type Tensor } from './tensor.ts';

/**
 * Adds to `.grad`, in the storage that a leaf keeps for life, unless the sum is on the tape. `isTemporary`: nobody else has
 * the memory of `g`.
 */
export function accumulateGrad(x: Tensor, g: Tensor, createGraph: boolean, isTemporary: boolean): void {
  const onTape = createGraph && !(g.isLeaf && (x.grad?.isLeaf ?? true)); // what is not may be a view of one number
  if (onTape || !x.isLeaf) {
    g.storage.owner = undefined;
    x.setGrad(x.grad ? add(x.grad, g) : g);
  } else if (x.grad?.isLeaf) updateInPlace(ADD_INTO, [x.grad, g]);
  else if (!x.grad && isTemporary && !createGraph) x.takeGrad(g);
  else x.grad = x.grad ? add(x.grad, g) : g;
}

const ADD_INTO = program('accumulate', (sum, g) => [s.add(sum, g)], { into: [0] });

/**
 * Runs a program whose outputs all overwrite inputs (`into`): an optimizer's step. Inputs that are not overwritten
 * broadcast; `uniforms` are the program's numbers of this call. A backward pass that still needs the old values throws.
 *
 * Throws: GradientError for a tensor that an operation made, ShapeError, DTypeError, DeviceError.
 *
 * ```ts
 * import { Parameter, scalar, tensor, updateInPlace } from '@tapegrad/core';
 *
 * const { mul, sub, uniform } = scalar;
 * const SGD = scalar.program('sgd', (p, g) => [sub(p!, mul(uniform(0), g!))], { into: [0] }); // p := p - lr g
 * const weight = new Parameter(tensor([1, 2]));
 * weight.square().sum().backward();
 * updateInPlace(SGD, [weight, weight.grad!], [0.1]);
 * console.log(weight); // tensor([0.8000, 1.6000], requiresGrad=true)
 * ```
 */
export function updateInPlace(step: Program, tensors: readonly AnyTensor[], uniforms: readonly number[] = []): void {
  const { targets, views } = prepareUpdate(step, tensors);
  targets[0]!.device.kernels.map(step, views, targets, uniforms);
  for (const { storage } of targets) storage.version++;
}

/**
 * `updateInPlace` for each of many lists of tensors, one after another, by one kernel where the device has it: a step of an
 * optimizer for all parameters, most of which are so small that a kernel takes longer to start than to run.
 *
 * Throws: as updateInPlace; then no tensor has changed, unless lists overwrite what others read.
 *
 * ```ts
 * import { scalar, tensor, updateAllInPlace } from '@tapegrad/core';
 *
 * const HALVE = scalar.program('halve', (x) => [scalar.mul(x!, scalar.constant(0.5))], { into: [0] });
 * const [x, y] = [tensor([1, 2]), tensor([[3], [4]])];
 * updateAllInPlace(HALVE, [[x], [y]]);
 * console.log(x, y.reshape([2])); // tensor([0.5000, 1.0000]) tensor([1.5000, 2.0000])
 * ```
 */
export function updateAllInPlace(
  step: Program,
  lists: readonly (readonly AnyTensor[])[],
  uniforms: readonly number[] = [],
): void {
  const fused = lists[0]?.[0]?.device.kernels.fused;
  if (lists.length < 2 || !fused?.updateAll || !areApart(step, lists)) {
    for (const tensors of lists) updateInPlace(step, tensors, uniforms);
    return;
  }
  const updates = lists.map((tensors) => prepareUpdate(step, tensors));
  fused.updateAll(
    step,
    updates.map(({ views }) => views),
    uniforms,
  );
  for (const { targets } of updates) for (const { storage } of targets) storage.version++;
}

/** Whether they are of the same dtypes on the same device, and no list reads or writes what another one writes. */
function areApart(step: Program, lists: readonly (readonly AnyTensor[])[]): boolean {
  const written = new Set<Storage>();
  const [first] = lists as [readonly AnyTensor[]];
  for (const tensors of lists) {
    for (const { into } of step.outputs) {
      const { storage } = tensors[into!]!;
      if (written.has(storage)) return false;
      written.add(storage);
    }
  }
  return lists.every((tensors) =>
    tensors.every(
      (x, slot) =>
        x.dtype === first[slot]!.dtype &&
        x.device === first[0]!.device &&
        (!written.has(x.storage) || step.outputs.some(({ into }) => tensors[into!]!.storage === x.storage)),
    ),
  );
}

/** Checks the operands of an update, and broadcasts them to what it overwrites. */
function prepareUpdate(step: Program, tensors: readonly AnyTensor[]): { targets: AnyTensor[]; views: AnyTensor[] } {
  checkOperands(step, tensors);
  const targets = step.outputs.map(({ into }) => tensors[into!]!);
  const [{ shape }] = targets as [AnyTensor];
  for (const target of targets) checkLeaf(step.name, target);
  const views = tensors.map((operand) => {
    const x = overlaps(operand, targets) ? snapshot(operand) : operand;
    if (sameShape(x.shape, shape)) return x;
    if (targets.includes(x) || !sameShape(broadcastShapes(step.name, [x.shape, shape]), shape))
      throw new ShapeError(`${step.name}: shapes differ: ${showShape(shape)} and ${showShape(x.shape)}`);
    return viewOf(x, shape, broadcastStrides(x.shape, x.strides, shape));
  });
  return { targets, views };
}

/**
 * Overwrites a parameter or a buffer with the values of `source`, cast to its dtype.
 *
 * Throws: ShapeError, GradientError for a target that an operation made.
 *
 * ```ts
 * import { assign, Parameter, tensor, zeros } from '@tapegrad/core';
 *
 * const weight = new Parameter(zeros([2]));
 * assign(weight, tensor([1, 2]));
 * console.log(weight); // tensor([1., 2.], requiresGrad=true)
 * ```
 */
export function assign(target: AnyTensor, source: AnyTensor): void {
  checkLeaf('assign', target);
  if (!sameShape(target.shape, source.shape)) {
    throw new ShapeError(
      `assign: shapes differ: the target is ${showShape(target.shape)}, the source is ${showShape(source.shape)}`,
    );
  }
  if (source.device !== target.device) {
    throw new DeviceError(
      `assign: the target is on ${showDevice(target.device)}, the source on ${showDevice(source.device)}: use await source.to('${target.device.name}')`,
    );
  }
  target.device.kernels.copy(overlaps(source, [target]) ? snapshot(source) : source, target);
  target.storage.version++;
}

/** Whether it shares memory with a target in another arrangement, so that it would be read after it was overwritten. */
function overlaps(x: AnyTensor, targets: readonly AnyTensor[]): boolean {
  return targets.some(
    (target) =>
      x.storage === target.storage &&
      !(x.offset === target.offset && sameShape(x.shape, target.shape) && sameShape(x.strides, target.strides)),
  );
}

/**
 * A copy of the values in memory of its own, which no block or graph takes back. It is not on the tape.
 *
 * ```ts
 * import { assign, snapshot, tensor } from '@tapegrad/core';
 *
 * const x = tensor([1, 2]);
 * const before = snapshot(x);
 * assign(x, tensor([3, 4]));
 * console.log(before); // tensor([1., 2.])
 * ```
 */
export function snapshot<T extends AnyTensor>(x: T): T {
  return withBlock(undefined, () => {
    const y = empty(x.device, x.dtype, x.shape);
    x.device.kernels.copy(x, y);
    return y as T;
  });
}

function checkLeaf(op: string, x: AnyTensor): void {
  if (x.node)
    throw new GradientError(
      `${op}: expected a leaf; given a tensor made by ${x.node.op.name}, which the tape may still need`,
    );
}
