/** The table of op cases on a device, against the f64 reference on cpu: values and gradients. It runs wherever `train.ts` runs. */

import * as core from '@tapegrad/core';
import { type ParityReport, parity } from '@tapegrad/core/testing';
import type { OpCase } from '../cases/row.ts';
import { opCases } from '../ops.cases.ts';

/** Their shape depends on values, which webgpu cannot read without waiting. */
export const shapedByValues: readonly string[] = ['maskedSelect', 'nonzero'];

/** The rows with their names. */
export const parityRows: readonly [name: string, OpCase][] = opCases
  .filter((c) => !c.noParity)
  .map((c) => [`${c.op} ${c.what}`, c]);

/** The rows that a device can run. */
export function rowsOn(device: string): readonly [name: string, OpCase][] {
  return parityRows.filter(([, { op }]) => device !== 'webgpu' || !shapedByValues.includes(op));
}

/** Throws: TapegradError that says where they differ. */
export function rowParity({ run, inputs }: OpCase, devices: readonly core.DeviceName[]): Promise<ParityReport[]> {
  const f = run as (...x: core.Tensor[]) => core.AnyTensor | readonly core.AnyTensor[];
  return parity(
    f,
    inputs.map((make, k) => make(k)),
    { devices },
  );
}

/** All rows: 'agrees', or what was thrown. */
export async function tableParity(device: core.DeviceName, threads: number): Promise<Record<string, string>> {
  core.setThreads(threads);
  await core.setDevice(device);
  await core.setDevice('cpu'); // where the inputs are made
  const found: Record<string, string> = {};
  for (const [name, row] of rowsOn(device)) {
    found[name] = await rowParity(row, [device]).then(
      (reports) => (reports.map((report) => report.device).join() === device ? 'agrees' : 'was not compared'),
      (error: Error) => error.message,
    );
  }
  return found;
}
