/** The one op behind all elementwise operations: a scalar program on each element, with a gradient that is derived. */

import { filled } from '../create.ts';
import { showDevice } from '../device/registry.ts';
import type { DType } from '../dtype.ts';
import { isFloat } from '../dtype.ts';
import { DeviceError, DTypeError, ShapeError } from '../errors.ts';
import { type Derived, type Program, vjpProgram } from '../scalar/program.ts';
import { INPUT, type Kind } from '../scalar/scalar.ts';
import { broadcastShapes, broadcastStrides, type Shape, sameShape, showShape } from '../shape.ts';
import { apply, type Op } from '../tape.ts';
import { type AnyTensor, empty, type Tensor } from '../tensor.ts';
import { sumTo } from './broadcast.ts';
import { viewOf } from './view.ts';

/** Uniforms: the numbers of one call. */
export type MapOp = Op<readonly number[]>;

const ops = new WeakMap<Program, MapOp>();

/**
 * The op of a program. Inputs broadcast; an input slot with L lanes has a last dimension L times that of one lane.
 * Its vjp is the derived program, itself an op, so gradients exist to any order.
 */
export function mapOp(program: Program): MapOp {
  const known = ops.get(program);
  if (known) return known;
  const gradientOf = derivations(program);
  const op: MapOp = {
    name: program.name,
    forward: (inputs, uniforms) => runMap(program, inputs, uniforms),
    vjp: (grads, inputs, outputs, uniforms, given) =>
      inputs.map((x, slot) => () => {
        const { program: derived, sources } = gradientOf(slot, given);
        const from = { input: inputs, output: outputs, cotangent: grads };
        const args = sources.map((source) => from[source.from][source.index]!);
        const [node] = derived.nodes;
        if (args.length === 0) return filled(x.device, x.dtype, x.shape, 0); // flat everywhere: sign, floor
        const passesOn = derived.nodes.length === 1 && node?.rule === INPUT;
        return sumTo((passesOn ? args[0]! : apply(mapOp(derived), args, uniforms)[0]!) as Tensor, x.shape);
      }),
  };
  ops.set(program, op);
  return op;
}

/** Derived programs, each made on first use. */
function derivations(program: Program): (slot: number, given: readonly boolean[]) => Derived {
  const known = new Map<string, Derived>();
  return (slot, given) => {
    const key = `${slot}:${given.map(Number).join('')}`;
    let derived = known.get(key);
    if (!derived) known.set(key, (derived = vjpProgram(program, [slot], given)));
    return derived;
  };
}

/** Runs a program on tensors: checks, broadcasts, allocates, computes. Nothing is recorded. */
export function runMap(program: Program, inputs: readonly AnyTensor[], uniforms: readonly number[] = []): AnyTensor[] {
  const { device } = inputs[0]!;
  const dtype = checkOperands(program, inputs);
  const lost = dtype === 'i32' ? uniforms.find((number) => (number | 0) !== number) : undefined;
  if (lost !== undefined)
    throw new DTypeError(`${program.name}: ${lost} is not an i32, as the tensor is: use .cast('f32') first`);
  const shape = laneShapeOf(program, inputs);
  const views = inputs.map((x, slot) => {
    const target = withLanes(shape, program.inputs[slot]!.lanes);
    return sameShape(x.shape, target) ? x : viewOf(x, target, broadcastStrides(x.shape, x.strides, target));
  });
  const outputs = program.outputs.map(({ lanes, kind }) =>
    empty(device, dtypeOf(kind, dtype), withLanes(shape, lanes.length)),
  );
  device.kernels.map(program, views, outputs, uniforms);
  return outputs;
}

/** The dtype that the program's numbers have. Throws: DeviceError, DTypeError. */
export function checkOperands(program: Program, inputs: readonly AnyTensor[]): DType {
  let dtype: DType | undefined;
  for (let slot = 0; slot < inputs.length; slot++) {
    const x = inputs[slot]!;
    const { kind } = program.inputs[slot]!;
    if (x.device !== inputs[0]!.device) {
      throw new DeviceError(
        `${program.name}: operands are on two devices: ${showDevice(inputs[0]!.device)} and ${showDevice(x.device)}; move one with await x.to(device)`,
      );
    }
    if (kind === 'number') {
      if (x.dtype === 'bool')
        throw new DTypeError(`${program.name}: expected numbers; argument ${slot} is bool: use .cast('f32')`);
      if (dtype && dtype !== x.dtype) {
        throw new DTypeError(
          `${program.name}: dtypes do not mix: given ${inputs.map((t) => t.dtype).join(' and ')}; use .cast('${isFloat(dtype) ? dtype : x.dtype}') on the other`,
        );
      }
      dtype = x.dtype;
    } else if (x.dtype !== dtypeOf(kind, 'f32')) {
      throw new DTypeError(
        `${program.name}: expected ${dtypeOf(kind, 'f32')} as argument ${slot}; given ${x.dtype}: use .cast('${dtypeOf(kind, 'f32')}')`,
      );
    }
  }
  if (program.floatOnly && dtype && !isFloat(dtype))
    throw new DTypeError(`${program.name}: expected floats; given ${dtype}: use .cast('f32')`);
  return dtype ?? 'f32';
}

function dtypeOf(kind: Kind, number: DType): DType {
  return kind === 'number' ? number : kind === 'index' ? 'i32' : 'bool';
}

function laneShapeOf(program: Program, inputs: readonly AnyTensor[]): Shape {
  return broadcastShapes(
    program.name,
    inputs.map(({ shape }, slot) => {
      const { lanes } = program.inputs[slot]!;
      if (lanes === 1) return shape;
      const width = (shape.at(-1) ?? 0) / lanes;
      if (!Number.isInteger(width)) {
        throw new ShapeError(
          `${program.name}: the last dimension of argument ${slot} holds ${lanes} lanes, so it must be a multiple of ${lanes}: given ${showShape(shape)}`,
        );
      }
      return shape.with(-1, width);
    }),
  );
}

function withLanes(shape: Shape, lanes: number): Shape {
  return lanes === 1 ? shape : shape.with(-1, shape.at(-1)! * lanes);
}
