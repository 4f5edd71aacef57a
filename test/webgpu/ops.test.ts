/** Every row of the case table: values and gradients in f32 on webgpu against the f64 reference. */

import type { AnyTensor, Tensor } from '@tapegrad/core';
import { parity } from '@tapegrad/core/testing';
import { expect, test } from 'vitest';
import { type OpCase, opCases } from '../ops.cases.ts';

const rows = opCases.filter((c) => !c.noParity).map((c): [string, OpCase] => [`${c.op} ${c.what}`, c]);

test.each(rows)('%s', async (_, { run, inputs }) => {
  const f = run as (...x: Tensor[]) => AnyTensor | readonly AnyTensor[];
  const reports = await parity(
    f,
    inputs.map((make, k) => make(k)),
    { devices: ['webgpu'] },
  );
  expect(reports.map(({ device }) => device)).toEqual(['webgpu']);
});
