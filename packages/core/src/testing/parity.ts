/** The same computation on several devices: values and gradients against the f64 reference of the cpu device. */

import { grad } from '../backward.ts';
import { fromValues } from '../create.ts';
import type { DeviceName } from '../device/device.ts';
import { availableDevices, withDevice } from '../device/registry.ts';
import { isFloat, type TypedArray } from '../dtype.ts';
import { TapegradError } from '../errors.ts';
import { defaultGenerator } from '../random.ts';
import { showShape } from '../shape.ts';
import { type AnyTensor, Tensor } from '../tensor.ts';
import { worstDifference } from './allclose.ts';

/** Which devices, and how far apart the results may be. */
export interface ParityOptions {
  /** Default: all that are available. */
  readonly devices?: readonly DeviceName[] | undefined;
  /** Of the f32 result: |a - b| <= atol + rtol |b|. Default: 1e-5. */
  readonly rtol?: number | undefined;
  /** Default: 1e-5. */
  readonly atol?: number | undefined;
}

/** How far a device is from the reference. */
export interface ParityReport {
  /** The device that ran in f32. */
  readonly device: DeviceName;
  /** Largest |difference| of the outputs. */
  readonly outputs: number;
  /** Largest |difference| of the gradients. */
  readonly gradients: number;
}

/**
 * Runs `f` in f32 on each device, which is the default device meanwhile, and in f64 on cpu; compares outputs, and the
 * gradients of their sum.
 *
 * Throws: TapegradError that names the device, the output or gradient, and the entry.
 *
 * ```ts
 * import { randn } from '@tapegrad/core';
 * import { parity } from '@tapegrad/core/testing';
 *
 * const [report] = await parity((x, w) => x.matmul(w).tanh(), [randn([4, 8]), randn([8, 2])], { devices: ['cpu'] });
 * console.log(report!.device, report!.outputs < 1e-5, report!.gradients < 1e-5); // cpu true true
 * ```
 */
export async function parity(
  f: (...inputs: Tensor[]) => AnyTensor | readonly AnyTensor[],
  inputs: readonly AnyTensor[],
  { devices = availableDevices(), rtol = 1e-5, atol = 1e-5 }: ParityOptions = {},
): Promise<ParityReport[]> {
  const values = await Promise.all(inputs.map((x) => x.data()));
  const start = defaultGenerator.state;
  const run = async (
    device: DeviceName,
    dtype: 'f32' | 'f64',
  ): Promise<{ outputs: TypedArray[]; gradients: TypedArray[] }> => {
    defaultGenerator.state = start;
    const args = inputs.map((x, k) =>
      isFloat(x.dtype)
        ? fromValues(values[k]!, x.shape, { dtype, device, requiresGrad: true })
        : fromValues(values[k]!, x.shape, { dtype: x.dtype, device }),
    ) as Tensor[];
    const result = withDevice(device, () => f(...args));
    const outputs = (result instanceof Tensor ? [result] : result) as readonly Tensor[];
    const data = await Promise.all(outputs.map((y) => y.data()));
    const live = outputs.filter((y) => y.requiresGrad);
    const leaves = args.filter((x) => x.requiresGrad);
    if (live.length === 0 || leaves.length === 0) return { outputs: data, gradients: [] };
    const ones = live.map(
      (y) => fromValues(new Float64Array(y.size).fill(1), y.shape, { dtype: y.dtype, device }) as Tensor,
    );
    const grads = grad(live, leaves, { gradOutputs: ones, allowUnused: true });
    return {
      outputs: data,
      gradients: await Promise.all(grads.map(async (g, k) => (g ? await g.data() : new Float32Array(leaves[k]!.size)))),
    };
  };

  const reference = await run('cpu', 'f64');
  const reports: ParityReport[] = [];
  for (const device of devices) {
    const found = await run(device, 'f32');
    const largest = (kind: 'outputs' | 'gradients'): number =>
      found[kind].reduce((most, array, k) => {
        const { index, difference, excess } = worstDifference(array, reference[kind][k]!, {
          rtol,
          atol,
          equalNan: true,
        });
        if (excess > 0) {
          throw new TapegradError(
            `parity: ${kind} ${k} on ${device} differ at element ${index}: ${array[index]}, expected ${reference[kind][k]![index]} (inputs ${inputs.map((x) => showShape(x.shape)).join(', ')})`,
          );
        }
        return Math.max(most, difference);
      }, 0);
    reports.push({ device, outputs: largest('outputs'), gradients: largest('gradients') });
  }
  return reports;
}
