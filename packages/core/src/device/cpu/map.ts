/** Runs scalar programs over views, a strip of elements at a time. */

import type { DType } from '../../dtype.ts';
import type { Program } from '../../scalar/program.ts';
import { machineOf, STRIP } from '../../scalar/to-js.ts';
import { type Shape, sizeOf } from '../../shape.ts';
import type { View } from '../device.ts';
import { load, type Runs, runsOf, store } from './walk.ts';

type Strip = Parameters<typeof load>[0];
interface Port {
  readonly strip: Strip;
  readonly runs: Runs;
}

export function map(
  program: Program,
  inputs: readonly View[],
  outputs: readonly View[],
  uniforms: readonly number[],
): void {
  const { lanes } = program.outputs[0]!;
  const shape = laneShape(outputs[0]!.shape, lanes.length);
  const total = sizeOf(shape);
  if (total === 0) return;
  const machine = machineOf(program, numberDType(program, inputs, outputs));
  const first = Math.min(STRIP, total);

  for (const { register, position } of machine.uniforms) register.fill(uniforms[position]!, 0, first);
  const sources = portsOf(inputs, machine.inputs, shape).filter(({ strip, runs }) => {
    const repeats = runs.strides.every((stride) => stride === 0);
    if (repeats) load(strip, runs, 0, first); // one value for all strips
    return !repeats;
  });
  const targets = portsOf(outputs, machine.outputs, shape);

  for (let start = 0; start < total; start += STRIP) {
    const n = Math.min(STRIP, total - start);
    for (const { strip, runs } of sources) load(strip, runs, start, n);
    for (const { register, dim } of machine.iotas) count(register, shape, dim, start, n);
    machine.run(n);
    for (const { strip, runs } of targets) store(strip, runs, start, n);
  }
}

/** The dtype in which the program computes: that of its number outputs, or inputs where all outputs are bool. */
function numberDType(program: Program, inputs: readonly View[], outputs: readonly View[]): DType {
  const output = program.outputs.findIndex(({ kind }) => kind === 'number');
  if (output >= 0) return outputs[output]!.dtype;
  const input = program.inputs.findIndex(({ kind }) => kind === 'number');
  return input >= 0 ? inputs[input]!.dtype : 'f32';
}

/** One port per lane that the program uses: lane l of a view is its l-th equal slice of the last dimension. */
function portsOf(views: readonly View[], registers: readonly (readonly (Strip | undefined)[])[], shape: Shape): Port[] {
  return views.flatMap((view, slot) =>
    registers[slot]!.flatMap((strip, lane): Port[] => {
      if (!strip) return [];
      if (registers[slot]!.length === 1) return [{ strip, runs: runsOf(view) }];
      const last = shape.length - 1;
      return [
        {
          strip,
          runs: runsOf({ ...fields(view), shape, offset: view.offset + lane * shape[last]! * view.strides[last]! }),
        },
      ];
    }),
  );
}

const fields = ({ buffer, dtype, strides }: View): Pick<View, 'buffer' | 'dtype' | 'strides'> => ({
  buffer,
  dtype,
  strides,
});

function laneShape(shape: Shape, lanes: number): Shape {
  return lanes === 1 ? shape : shape.with(-1, shape.at(-1)! / lanes);
}

/** Fills a register with the index along `dim` (from the end) of elements start...start + n. */
function count(register: Strip, shape: Shape, dim: number, start: number, n: number): void {
  const size = shape.at(dim) ?? 1;
  const step = sizeOf(shape.slice(shape.length + dim + 1));
  for (let i = 0; i < n; i++) register[i] = Math.floor((start + i) / step) % size;
}
