/** Every row of the case table: values and gradients in f32 on webgpu against the f64 reference. */

import { expect, test } from 'vitest';
import { rowParity, rowsOn, shapedByValues } from '../anywhere/table.ts';
import { opCases } from '../ops.cases.ts';

test.each(rowsOn('webgpu'))('%s', async (_, row) => {
  const reports = await rowParity(row, ['webgpu']);
  expect(reports.map(({ device }) => device)).toEqual(['webgpu']);
});

test.each(opCases.filter((c) => shapedByValues.includes(c.op)).map((c) => [c.op, c] as const))(
  '%s says what to do instead',
  async (op, { run, inputs }) => {
    const given = await Promise.all(
      inputs.map((make, k) => {
        const x = make(k);
        return (x.dtype === 'f64' ? x.cast('f32') : x).to('webgpu');
      }),
    );
    expect(() => run(...given)).toThrow(
      new RegExp(`^${op}: the shape of the result depends on values, .*\\(await mask.to\\('cpu'\\)\\).nonzero\\(\\)`),
    );
  },
);
