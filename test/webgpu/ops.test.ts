/** Every row of the case table: values and gradients in f32 on webgpu against the f64 reference. */

import type { AnyTensor, Tensor } from '@tapegrad/core';
import { parity } from '@tapegrad/core/testing';
import { expect, test } from 'vitest';
import type { OpCase } from '../cases/row.ts';
import { opCases } from '../ops.cases.ts';

/** Their shape depends on values, which cannot be read without waiting. */
const shapedByValues = ['maskedSelect', 'nonzero'];

const rows = opCases
  .filter((c) => !c.noParity && !shapedByValues.includes(c.op))
  .map((c): [string, OpCase] => [`${c.op} ${c.what}`, c]);

test.each(rows)('%s', async (_, { run, inputs }) => {
  const f = run as (...x: Tensor[]) => AnyTensor | readonly AnyTensor[];
  const reports = await parity(
    f,
    inputs.map((make, k) => make(k)),
    { devices: ['webgpu'] },
  );
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
